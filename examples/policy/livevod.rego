# Rules that a plan must not break, for any engine that reads Rego: `opa eval`, `conftest`, `regorus`.
#
#     livevod plan --format terraform-json > plan.json
#     conftest test --policy examples/policy --namespace livevod plan.json
package livevod

import rego.v1

# An incomplete plan can't be judged.
deny contains "the plan is incomplete: a domain could not be read" if not input.complete

# The app news is on air around the clock: never delete its configurations. A replace is a delete too.
deny contains message if {
	some change in input.resource_changes
	"delete" in change.change.actions
	change.change.before.app == "news"
	message := sprintf("%s: configurations of the app news are never deleted or replaced", [change.index])
}

# What is recorded now must still be recorded afterwards, by its own configuration or by an app-wide one.
deny contains message if {
	some change in input.resource_changes
	change.livevod.recorded_by.before != null
	change.livevod.recorded_by.after == null
	message := sprintf("%s: nothing would record it any more", [change.index])
}

# The archive takes files of an hour at most.
deny contains message if {
	some change in input.resource_changes
	change.change.after.cycle_duration > 3600
	message := sprintf("%s: files of %d s are longer than an hour", [change.index, change.change.after.cycle_duration])
}
