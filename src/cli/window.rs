//! The period of the past that a command is about.

use clap::Args;
use jiff::{SignedDuration, Timestamp};

use super::failure::Failure;
use super::moments::{is_too_old, oldest, since};
use crate::diag::{Code, Diagnostic};
use crate::model::Period;
use crate::wire::PUBLISH_DAYS;

/// `--since`, or `--from` and `--to`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Period")]
pub(super) struct Window {
    /// From this time until now: a day (2026-11-01), a time (2026-11-01T08:00:00Z), or how long ago (7d, 12h); 30 days at most
    /// [default: 24h]
    #[arg(long, value_name = "TIME", value_parser = moment, conflicts_with_all = ["beginning", "to"])]
    since: Option<Moment>,

    /// From this time until --to, in the same forms, instead of --since
    #[arg(id = "beginning", long = "from", value_name = "TIME", value_parser = moment)]
    from: Option<Moment>,

    /// Until this time, in the same forms [default: now]
    #[arg(long, value_name = "TIME", value_parser = moment, requires = "beginning")]
    to: Option<Moment>,
}

/// A time, as it was written and when it is.
#[derive(Debug, Clone)]
struct Moment {
    text: String,
    time: Timestamp,
}

fn moment(text: &str) -> Result<Moment, String> {
    Ok(Moment { text: text.to_owned(), time: since(text)? })
}

impl Window {
    /// The period as it was asked for: the same words mean a reading of the same things.
    pub(super) fn asked(&self) -> String {
        let text = |moment: &Option<Moment>| moment.as_ref().map(|moment| moment.text.clone());
        match (text(&self.since), text(&self.from), text(&self.to)) {
            (Some(since), _, _) => since,
            (None, Some(from), to) => format!("{from}/{}", to.unwrap_or_default()),
            (None, None, _) => "24h".to_owned(),
        }
    }

    /// The period, in whole seconds.
    ///
    /// # Errors
    /// When it is empty, in the future, or further back than the service remembers.
    pub(super) fn period(&self, now: Timestamp) -> Result<Period, Failure> {
        let day = || Period::earlier(now, SignedDuration::from_hours(24));
        let asked = self.since.as_ref().or(self.from.as_ref()).map_or_else(day, |moment| moment.time);
        let to = self.to.as_ref().map_or(now, |moment| moment.time);
        let usage = |message: String| Diagnostic::new(Code::Usage, message);
        if to > now {
            return Err(usage("the period ends in the future".to_owned()).into());
        }
        if is_too_old(asked, now) {
            return Err(usage(format!("the period begins more than {PUBLISH_DAYS} days ago"))
                .help(format!(
                    "the service lists only the last {PUBLISH_DAYS} days; to look back further, save sessions regularly with `livevod sessions --out FILE`"
                ))
                .into());
        }
        let from = asked.max(oldest(now));
        if from >= to {
            return Err(usage("the period is empty: it must begin before it ends".to_owned()).into());
        }
        let whole = |time: Timestamp| Timestamp::from_second(time.as_second()).unwrap_or(time);
        Ok(Period::new(whole(from), whole(to)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(since: Option<&str>, from: Option<&str>, to: Option<&str>) -> Window {
        let given = |text: Option<&str>| text.map(|text| moment(text).unwrap());
        Window { since: given(since), from: given(from), to: given(to) }
    }

    fn told(window: &Window) -> Result<String, String> {
        let now = "2026-11-29T06:00:00.5Z".parse().unwrap();
        let period = window.period(now).map_err(|failure| failure.diagnostics[0].message.clone())?;
        Ok(format!("{} {}", period.from, period.to))
    }

    #[test]
    fn a_period_is_a_day_unless_one_is_named() {
        assert_eq!(
            told(&window(None, None, None)),
            Ok("2026-11-28T06:00:00Z 2026-11-29T06:00:00Z".to_owned())
        );
        let named = window(None, Some("2026-11-27"), Some("2026-11-28T06:00:00+08:00"));
        assert_eq!(told(&named), Ok("2026-11-27T00:00:00Z 2026-11-27T22:00:00Z".to_owned()));
        assert_eq!(named.asked(), "2026-11-27/2026-11-28T06:00:00+08:00");
    }

    #[test]
    fn thirty_days_are_not_too_long_although_the_clock_has_gone_on() {
        let longest = window(Some("2026-10-30T06:00:00.1Z"), None, None);
        assert_eq!(told(&longest), Ok("2026-10-30T06:01:00Z 2026-11-29T06:00:00Z".to_owned()));
    }

    #[test]
    fn a_period_that_nothing_can_be_known_of_is_refused() {
        let refused = |from: &str, to: Option<&str>| told(&window(None, Some(from), to)).unwrap_err();
        assert_eq!(refused("2026-10-01", None), "the period begins more than 30 days ago");
        assert_eq!(refused("2026-10-30T05:59:00Z", None), "the period begins more than 30 days ago");
        assert_eq!(refused("2026-11-29T05:00:00Z", Some("2026-12-01")), "the period ends in the future");
        assert!(refused("2026-11-28", Some("2026-11-28")).contains("is empty"));
    }
}
