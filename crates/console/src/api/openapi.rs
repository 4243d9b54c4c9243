use super::operations::{Form, Gives, OPERATIONS, Operation, Parameter, schemas};
use super::shown;
use crate::route::{Reach, Route, Verb, Who};
use crate::routes::ROUTES;
use crate::{Answer, Asked, Console, Refusal};
use alert::Role;
use change::ChangeKind;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa::openapi::path::{
    HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn, PathItem, PathsBuilder,
};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::response::{ResponseBuilder, ResponsesBuilder};
use utoipa::openapi::schema::{ComponentsBuilder, KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{ContentBuilder, InfoBuilder, OpenApiBuilder, Ref, Required};

/// Why a request was not answered as it was asked, as RFC 9457 writes it.
#[derive(ToSchema)]
#[allow(dead_code, reason = "it is written as JSON; this is its schema")]
struct Problem {
    /// `about:blank`: the status says it.
    r#type: String,
    /// What kind of refusal it is.
    title: String,
    /// The status of HTTP.
    status: u16,
    /// Why, and how to mend it, in plain words.
    detail: String,
}

/// Some of a list, and whether there is more.
#[derive(ToSchema)]
#[allow(dead_code, reason = "it is written as JSON; this is its schema")]
struct Items {
    /// The items.
    items: Vec<Value>,
    /// Whether there are more than were asked for.
    more: bool,
}

/// The description of the API, made from the table of routes.
pub(crate) fn show(_console: &Console, _asked: &Asked) -> Result<Answer, Refusal> {
    shown(&document()?)
}

/// The whole document.
pub(super) fn document() -> Result<Value, serde_json::Error> {
    let mut paths = PathsBuilder::new();
    for route in ROUTES.iter().filter(|route| route.reach == Reach::Program) {
        // INVARIANT: a test holds that each route has its operation.
        let Some(operation) = operation(route) else {
            continue;
        };
        let method = match route.verb {
            Verb::Show => HttpMethod::Get,
            Verb::Act => HttpMethod::Post,
        };
        paths = paths.path(
            route.path,
            PathItem::new(method, described(route, operation)),
        );
    }
    let components = schemas(ComponentsBuilder::new())
        .schema_from::<Problem>()
        .schema_from::<Items>()
        .security_scheme("token", bearer())
        .security_scheme(
            "session",
            SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(COOKIE))),
        );
    let document = OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Schoolgate")
                .version("1")
                .description(Some(ABOUT))
                .build(),
        )
        .paths(paths.build())
        .components(Some(components.build()))
        .build();
    let mut document = serde_json::to_value(document)?;
    document["components"]["schemas"]["Draft"] = draft();
    Ok(document)
}

/// The operation of a route.
pub(super) fn operation(route: &Route) -> Option<&'static Operation> {
    OPERATIONS
        .iter()
        .find(|operation| operation.verb == route.verb && operation.path == route.path)
}

fn described(route: &Route, operation: &Operation) -> utoipa::openapi::path::Operation {
    let mut described = OperationBuilder::new()
        .operation_id(Some(operation.id))
        .summary(Some(operation.summary))
        .description(Some(who(route.who)))
        .responses(responses(route, operation));
    for part in parts(route.path) {
        described = described.parameter(
            ParameterBuilder::new()
                .name(part)
                .parameter_in(ParameterIn::Path)
                .required(Required::True)
                .schema(Some(ObjectBuilder::new().schema_type(Type::String))),
        );
    }
    for parameter in operation.query {
        described = described.parameter(query(parameter));
    }
    if let Some(name) = operation.body {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(name)));
        let body = RequestBodyBuilder::new()
            .required(Some(Required::True))
            .content(JSON, content.build());
        described = described.request_body(Some(body.build()));
    }
    match route.who {
        Who::Anybody => described.securities(Some([SecurityRequirement::default()])),
        Who::Begun | Who::Only(_) => described.securities(Some([
            SecurityRequirement::new::<_, [&str; 0], &str>("token", []),
            SecurityRequirement::new::<_, [&str; 0], &str>("session", []),
        ])),
    }
    .build()
}

fn responses(route: &Route, operation: &Operation) -> ResponsesBuilder {
    let answered = match operation.gives {
        Gives::One | Gives::New => {
            ContentBuilder::new().schema(Some(ObjectBuilder::new().schema_type(Type::Object)))
        }
        Gives::List => ContentBuilder::new().schema(Some(Ref::from_schema_name("Items"))),
    };
    let status = match operation.gives {
        Gives::One | Gives::List => "200",
        Gives::New => "201",
    };
    let done = ResponseBuilder::new()
        .description("Done")
        .content(JSON, answered.build());
    let mut responses = ResponsesBuilder::new().response(status, done.build());
    for (status, words) in PROBLEMS {
        let open = route.who == Who::Anybody;
        if open && matches!(*status, "401" | "403") {
            continue;
        }
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem")));
        let problem = ResponseBuilder::new()
            .description(*words)
            .content(PROBLEM, content.build());
        responses = responses.response(*status, problem.build());
    }
    responses
}

fn query(parameter: &Parameter) -> ParameterBuilder {
    let schema = match parameter.form {
        Form::Text => ObjectBuilder::new()
            .schema_type(Type::String)
            .max_length(Some(500)),
        Form::Moment => ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime))),
        Form::Flag => ObjectBuilder::new().schema_type(Type::Boolean),
        Form::Number(least, most) => ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(least))
            .maximum(Some(most)),
        Form::Address => ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::Custom("ip".to_owned()))),
    };
    ParameterBuilder::new()
        .name(parameter.name)
        .parameter_in(ParameterIn::Query)
        .description(Some(parameter.words))
        .required(match parameter.required {
            true => Required::True,
            false => Required::False,
        })
        .schema(Some(schema))
}

/// The parts of a path that it names.
fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn who(who: Who) -> String {
    match who {
        Who::Anybody => "For everybody who reaches the console.".to_owned(),
        Who::Begun => "For everybody who is signed in.".to_owned(),
        Who::Only(roles) => {
            let roles: Vec<&str> = roles.iter().map(Role::word).collect();
            format!("For these roles: {}.", roles.join(", "))
        }
    }
}

fn bearer() -> SecurityScheme {
    let scheme = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some(
            "A token of an account; its scope says what it may do.",
        ));
    SecurityScheme::Http(scheme.build())
}

/// A proposal. What a change holds beside its kind depends on the kind.
fn draft() -> Value {
    let kinds: Vec<&str> = ChangeKind::ALL.iter().map(|kind| kind.word()).collect();
    let texts = json!({ "type": "array", "items": { "type": "string" } });
    let moment = json!({ "type": "string", "format": "date-time" });
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["change", "reason"],
        "properties": {
            "change": {
                "type": "object",
                "required": ["kind"],
                "properties": {
                    "kind": { "type": "string", "enum": kinds },
                    "id": { "type": "string", "description": "empty for what is new: the gateway gives it its id" },
                    "for": texts,
                    "sites": texts,
                    "action": { "type": "string", "enum": ["allow", "monitor", "warn", "permission", "block"] },
                    "start": moment,
                    "end": moment,
                    "reason": { "type": "string" },
                },
                "example": {
                    "kind": "override", "id": "", "for": ["group:ks2"], "sites": ["museum.example"],
                    "action": "allow", "start": "2026-11-23T10:15:00Z", "end": "2026-11-27T15:15:00Z",
                    "reason": "Romans, year 4",
                },
            },
            "reason": { "type": "string", "minLength": 3, "maxLength": 2000 },
            "risk": {
                "type": ["object", "null"],
                "additionalProperties": false,
                "required": ["benefit", "risk", "data_protection"],
                "properties": {
                    "benefit": { "type": "string" },
                    "risk": { "type": "string" },
                    "data_protection": { "type": "string" },
                },
            },
            "concerns": texts,
            "asks": texts,
        },
    })
}

/// How requests are refused, whatever they ask.
const PROBLEMS: &[(&str, &str)] = &[
    ("400", "It could not be understood"),
    ("401", "Nobody is signed in, or the token is over"),
    ("403", "Not for this role or token, or not in this way"),
    ("404", "It is not there, or not for this account to know of"),
    ("405", "The address takes another method"),
    ("408", "It took too long"),
    ("409", "Something moved meanwhile, or stands in the way"),
    ("413", "More was sent than is taken"),
    ("422", "It was understood, and cannot be so"),
    ("429", "Too many tries"),
    ("503", "The disk does not take it"),
];

const JSON: &str = "application/json";
const PROBLEM: &str = "application/problem+json";
const COOKIE: &str = "__Host-schoolgate";
const ABOUT: &str = "The actions of the console, for programs. They go through the same desk as the \
     console and the command line: what needs a second person there needs one here. A token \
     never decides. A session is believed only for requests of the console's own pages \
     (`Sec-Fetch-Site` or `Origin`).";
