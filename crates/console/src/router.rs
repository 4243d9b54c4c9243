use crate::answer::{Answer, Cookie};
use crate::guard::Names;
use crate::pages::refused;
use crate::route::{Face, Reach, Route, Verb, Who};
use crate::routes::ROUTES;
use crate::{Asked, Connection, Console, Form, Refusal, guard, session_cookie};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Query, RawPathParams, Request};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::request;
use axum::http::{HeaderMap, Response};
use axum::routing::on;
use change::Scope;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use std::sync::Arc;
use std::time::Duration;

/// What stands between a listener and the console.
struct Front {
    console: Arc<Console>,
    names: Names,
    face: Face,
}

/// Where the address and the method of a request lead.
#[derive(Clone, Copy)]
enum Led {
    To(&'static Route),
    /// To a page that takes other methods; axum names them in `allow`.
    OtherMethod,
    Nowhere,
}

/// Builds the router of a listener from the one table.
pub(crate) fn router(console: &Arc<Console>, names: Names, face: Face) -> Router {
    let front = Arc::new(Front {
        console: Arc::clone(console),
        names,
        face,
    });
    let mut router = Router::new();
    for route in ROUTES.iter().filter(|route| route.reach.is_on(face)) {
        let front = Arc::clone(&front);
        router = router.route(
            route.path,
            on(route.verb.filter(), move |request: Request| {
                let front = Arc::clone(&front);
                async move { front.serve(Led::To(route), request).await }
            }),
        );
    }
    let (missing, other) = (Arc::clone(&front), front);
    router
        .fallback(move |request: Request| {
            let front = Arc::clone(&missing);
            async move { front.serve(Led::Nowhere, request).await }
        })
        .method_not_allowed_fallback(move |request: Request| {
            let front = Arc::clone(&other);
            async move { front.serve(Led::OtherMethod, request).await }
        })
}

impl Front {
    /// Reads a request, lets the console answer it, and dresses the answer.
    async fn serve(&self, led: Led, request: Request) -> Response<Body> {
        let (mut parts, body) = request.into_parts();
        let Some(connection) = parts.extensions.get::<Connection>().copied() else {
            // INVARIANT: the listener sets it on every request.
            return Response::new(Body::empty());
        };
        let params = RawPathParams::from_request_parts(&mut parts, &())
            .await
            .ok();
        let named = params
            .iter()
            .flat_map(|params| params.iter())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let mut asked = self.start(&parts, connection, named);
        let route = match led {
            Led::To(route) => Some(route),
            Led::OtherMethod | Led::Nowhere => None,
        };
        let answer = match self.admit(led, &parts, connection) {
            Ok(route) => match read(&parts.headers, body, &mut asked).await {
                Ok(()) => self.ask(route, &parts.headers, asked).await,
                Err(refusal) => refused::answer(&self.console, &asked, Some(route), refusal),
            },
            Err(refusal) => refused::answer(&self.console, &asked, route, refusal),
        };
        let secure = connection.secure;
        let cacheable = answer.is_fixed();
        let mut response =
            answer.into_response(|cookie: Cookie| session_cookie::header(cookie, secure));
        if cacheable {
            let always =
                axum::http::HeaderValue::from_static("public, max-age=31536000, immutable");
            response.headers_mut().insert("cache-control", always);
        }
        guard::dress(response.headers_mut(), secure);
        response
    }

    fn start(
        &self,
        parts: &request::Parts,
        connection: Connection,
        named: Vec<(String, String)>,
    ) -> Asked {
        let query = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
        Asked {
            somebody: None,
            token: None,
            scope: None,
            face: self.face,
            connection,
            path: parts.uri.path().to_owned(),
            whole: parts
                .uri
                .path_and_query()
                .map_or_else(String::new, |whole| whole.as_str().to_owned()),
            parts: named,
            query: query.map_or_else(|_| Form::default(), |Query(fields)| Form::new(fields)),
            form: Form::default(),
            body: Bytes::new(),
            now: self.console.now(),
            zone: self.console.zone(),
        }
    }

    /// What can be refused by the head alone.
    fn admit(
        &self,
        led: Led,
        parts: &request::Parts,
        connection: Connection,
    ) -> Result<&'static Route, Refusal> {
        let host = guard::host(&parts.uri, &parts.headers).ok_or(Refusal::OtherHost)?;
        if !self.names.know(host, &connection) {
            return Err(Refusal::OtherHost);
        }
        let route = match led {
            Led::To(route) => route,
            Led::OtherMethod => return Err(Refusal::Method),
            Led::Nowhere => return Err(Refusal::Missing),
        };
        match route.reach {
            Reach::School | Reach::OffSite => {
                guard::same_site(&parts.method, &parts.headers, host, connection.secure)?;
            }
            // A program shows a token with each request; no browser does that by itself.
            Reach::Program if parts.headers.contains_key(AUTHORIZATION) => {}
            Reach::Program => {
                guard::same_site(&parts.method, &parts.headers, host, connection.secure)?;
            }
        }
        Ok(route)
    }

    /// Finds out who asks, and lets the console answer, on a thread that may wait.
    async fn ask(&self, route: &'static Route, headers: &HeaderMap, mut asked: Asked) -> Answer {
        let console = Arc::clone(&self.console);
        asked.token = match route.reach {
            Reach::School | Reach::OffSite => {
                session_cookie::token(headers, asked.connection.secure)
            }
            Reach::Program if headers.contains_key(AUTHORIZATION) => bearer(headers),
            Reach::Program => session_cookie::token(headers, asked.connection.secure),
        };
        let by_token = route.reach == Reach::Program && headers.contains_key(AUTHORIZATION);
        let working = tokio::task::spawn_blocking(move || {
            let somebody = sign(&console, route, by_token, &mut asked);
            let answer = somebody.and_then(|()| console.answer(route, &asked));
            answer.unwrap_or_else(|refusal| refused::answer(&console, &asked, Some(route), refusal))
        });
        match tokio::time::timeout(LONGEST_ANSWER, working).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => refused::plain(&Refusal::Failed(BROKEN.to_owned())),
            Err(_) => refused::plain(&Refusal::TooLate),
        }
    }
}

/// Puts down who asks. A session that is over is nobody's.
fn sign(
    console: &Console,
    route: &Route,
    by_token: bool,
    asked: &mut Asked,
) -> Result<(), Refusal> {
    let Some(token) = asked.token.as_deref() else {
        return Ok(());
    };
    if !by_token {
        asked.somebody = console.desk().acting(token).ok();
        return Ok(());
    }
    let (acting, scope) = console
        .desk()
        .acting_by_token(token, asked.connection.client())
        .map_err(|_| Refusal::SignIn)?;
    let covered = match (scope, route.verb) {
        (Scope::Read, Verb::Show) | (Scope::Propose, Verb::Show | Verb::Act) => true,
        // A feed says who is where, and reads nothing.
        (Scope::Read, Verb::Act) | (Scope::Feed, Verb::Show | Verb::Act) => false,
    };
    // What everybody may see a token may see too.
    if !covered && route.who != Who::Anybody {
        return Err(Refusal::Role);
    }
    asked.somebody = Some(acting);
    asked.scope = Some(scope);
    Ok(())
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    let good = scheme.eq_ignore_ascii_case("bearer") && (16..=256).contains(&token.len());
    good.then(|| token.to_owned())
}

/// Reads the body, bounded in size and time, and the form in it.
async fn read(headers: &HeaderMap, body: Body, asked: &mut Asked) -> Result<(), Refusal> {
    let reading = Limited::new(body, MOST_BODY).collect();
    let read = tokio::time::timeout(LONGEST_BODY, reading)
        .await
        .map_err(|_| Refusal::TooLate)?;
    asked.body = match read {
        Ok(collected) => collected.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return Err(Refusal::TooLarge),
        Err(_) => return Err(Refusal::Malformed("the request broke off".to_owned())),
    };
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    if kind.split(';').next().map(str::trim) == Some(FORM) {
        asked.form = parse_form(asked.body.clone()).await?;
    }
    Ok(())
}

/// Reads a form as axum does, from a body that is already here.
pub(crate) async fn parse_form(body: Bytes) -> Result<Form, Refusal> {
    let wrong =
        || Refusal::Malformed("the form cannot be read; go back and send it again".to_owned());
    let request = axum::http::Request::post("/")
        .header(CONTENT_TYPE, FORM)
        .body(Body::from(body))
        .map_err(|_| wrong())?;
    type Fields = axum::Form<Vec<(String, String)>>;
    let axum::Form(fields) = Fields::from_request(request, &())
        .await
        .map_err(|_| wrong())?;
    Ok(Form::new(fields))
}

const FORM: &str = "application/x-www-form-urlencoded";
const BROKEN: &str = "something broke on this side; it is written in the gateway's log";

/// The longest text of any form, with room for what encoding adds.
const MOST_BODY: usize = 64 * 1024;

/// How long a sender may take over a body.
const LONGEST_BODY: Duration = Duration::from_secs(15);

/// How long an answer may take; a replay of a week is the longest.
const LONGEST_ANSWER: Duration = Duration::from_secs(120);
