//! Callers over HTTP that do as little as can be themselves: they write prepared bytes and read up to the answer's end.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Instant;

use livevod::emulator::Service;
use livevod::emulator::server::{Admin, bind, serve};
use livevod::wire::Request;

use crate::Outcome;

/// The host that requests are signed for; the server does not care where it listens.
pub(crate) const HOST: &str = "live.aliyuncs.com";

/// Calls a second, from so many callers side by side, on a server with one thread.
pub(crate) fn rate(service: Arc<Service>, requests: &[Request], callers: usize) -> Outcome<f64> {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || -> std::io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async move {
            let listener = bind(([127, 0, 0, 1], 0).into()).await?;
            let _ = tell.send(listener.local_addr()?);
            serve(service, listener, Admin::Off, std::future::pending()).await
        })
    });
    let address = told.recv()?;
    let texts: Vec<Vec<u8>> = requests.iter().map(text).collect();
    let start = Instant::now();
    std::thread::scope(|scope| {
        let chunks = texts.chunks(texts.len().div_ceil(callers));
        let callers: Vec<_> = chunks.map(|texts| scope.spawn(move || call(address, texts))).collect();
        callers.into_iter().try_for_each(|caller| caller.join().map_err(|_| "a caller panicked")?)
    })?;
    Ok(texts.len() as f64 / start.elapsed().as_secs_f64())
}

fn text(request: &Request) -> Vec<u8> {
    let Request { method, host, path, query, headers, body } = request;
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!(
        "{method} {path}?{query} HTTP/1.1\r\nhost: {host}\r\ncontent-length: {}\r\n{headers}\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

fn call(address: SocketAddr, texts: &[Vec<u8>]) -> Result<(), String> {
    let failed = |error: std::io::Error| error.to_string();
    let mut stream = TcpStream::connect(address).map_err(failed)?;
    stream.set_nodelay(true).map_err(failed)?;
    let mut buffer = vec![0; 1 << 16];
    for text in texts {
        stream.write_all(text).map_err(failed)?;
        let mut read = 0;
        while !is_whole(&buffer[..read])? {
            match stream.read(&mut buffer[read..]).map_err(failed)? {
                0 => return Err("the connection closed".to_owned()),
                more => read += more,
            }
        }
    }
    Ok(())
}

/// Whether an answer has come to its end; an error when it is no success.
fn is_whole(answer: &[u8]) -> Result<bool, String> {
    let Some(head) = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { return Ok(false) };
    let text = String::from_utf8_lossy(&answer[..head]);
    if !text.starts_with("HTTP/1.1 200") {
        return Err(String::from_utf8_lossy(answer).into_owned());
    }
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.and_then(|length| length.parse().ok()).ok_or("no content-length")?;
    Ok(answer.len() >= head + 4 + length)
}
