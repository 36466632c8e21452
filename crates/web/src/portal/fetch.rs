//! Fetching the answer: a fresh code each time, then a POST that streams the file. Opening a link
//! changes nothing and downloads nothing.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{ContentDisposition, DispositionParam, DispositionType},
    web::{self, Bytes, Data, Form, Path},
};
use askama::Template;
use futures::stream;
use habeas_engine::{Download, Engine};

use super::{
    Ref,
    code::{CodeField, code_errors},
    may_send_letter,
    status::opened,
};
use crate::{
    fault::{Fault, Kind},
    page::{self, Errors, Frame},
    routes::Limits,
    words,
};

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource("/r/{reference}/s/{capability}/download/code")
                .route(web::post().to(send_code)),
        )
        .service(
            web::resource("/r/{reference}/s/{capability}/download")
                .route(web::get().to(show))
                .route(web::post().to(fetch)),
        );
}

#[derive(Template)]
#[template(path = "portal/download.html")]
pub(super) struct DownloadPage {
    pub frame: Frame,
    pub errors: Errors,
    pub here: String,
    pub reference: String,
    pub size: String,
}

async fn send_code(
    request: HttpRequest,
    engine: Data<Engine>,
    limits: Data<Limits>,
    path: Path<(Ref, String)>,
) -> Result<HttpResponse, Fault> {
    may_send_letter(&request, &limits)?;
    let (Ref(reference), capability) = path.into_inner();
    engine.send_download_code(&reference, &capability).await?;
    Ok(page::see(format!("/r/{reference}/s/{capability}/download")))
}

async fn show(engine: Data<Engine>, path: Path<(Ref, String)>) -> Result<HttpResponse, Fault> {
    download_page(&engine, path, Errors::default()).await
}

async fn download_page(
    engine: &Engine,
    path: Path<(Ref, String)>,
    errors: Errors,
) -> Result<HttpResponse, Fault> {
    let (here, reference, _, view) = opened(engine, path).await?;
    let info = view.download.ok_or_else(|| Fault::new(Kind::NotFound))?;
    let page = DownloadPage {
        frame: Frame::of(engine),
        errors,
        here,
        reference: reference.to_string(),
        size: words::size(info.bytes),
    };
    page::html(page.errors.status(), &page)
}

async fn fetch(
    engine: Data<Engine>,
    path: Path<(Ref, String)>,
    field: Form<CodeField>,
) -> Result<HttpResponse, Fault> {
    let digits = match field.digits() {
        Ok(digits) => digits,
        Err(errors) => return download_page(&engine, path, errors).await,
    };
    let (Ref(reference), capability) = path.clone();
    // A wrong link is told apart from a wrong code, and only the latter keeps the form.
    engine.status(&reference, &capability).await?;
    match engine.download(&reference, &capability, &digits).await {
        Ok(download) => Ok(file(download)),
        Err(error) => download_page(&engine, path, code_errors(error)?).await,
    }
}

/// The zip, never whole in memory. When reading breaks off, the connection does too: the length
/// was announced, so a browser sees that the file is incomplete.
fn file(download: Download) -> HttpResponse {
    let name = ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::Filename(download.file_name)],
    };
    let chunks = stream::unfold(download.chunks, |mut chunks| async {
        let chunk = chunks.recv().await?;
        Some((chunk.map(Bytes::from), chunks))
    });
    HttpResponse::Ok()
        .content_type("application/zip")
        .insert_header(name)
        .no_chunking(download.bytes)
        .streaming(chunks)
}
