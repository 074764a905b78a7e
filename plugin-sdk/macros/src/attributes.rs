//! What is written in the parentheses of the attributes.

use osvm_plugin_abi::interfaces::{INTERFACES, Interface};
use proc_macro2::{Span, TokenStream};
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Error, Ident, LitStr, Result, Token, parenthesized};

/// `#[plugin(name = "FilePlugin", imports(files, clock))]`.
pub(crate) struct PluginAttribute {
    /// The module's name in the image.
    pub(crate) name: LitStr,
    /// The interfaces that are used, `objects` first.
    pub(crate) imports: Vec<&'static Interface>,
}

impl PluginAttribute {
    pub(crate) fn parse(tokens: TokenStream) -> Result<PluginAttribute> {
        let parser = |input: ParseStream<'_>| {
            let (mut name, mut imports) = (None, None);
            while !input.is_empty() {
                let key: Ident = input.parse()?;
                match key.to_string().as_str() {
                    "name" => set(&mut name, &key, self::name(input)?)?,
                    "imports" => set(&mut imports, &key, self::imports(input)?)?,
                    "hooks" => {
                        return Err(Error::new(key.span(), "hooks are the functions with `#[hook]`; they are not listed here"));
                    }
                    other => {
                        return Err(Error::new(
                            key.span(),
                            format!("expected `name = \"...\"` or `imports(...)`, found `{other}`"),
                        ));
                    }
                }
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            let no_name = "the name by which images refer to the plugin is missing: `#[plugin(name = \"FilePlugin\")]`";
            let name = name.ok_or_else(|| Error::new(Span::call_site(), no_name))?;
            Ok(PluginAttribute { name, imports: imports.unwrap_or_else(|| vec![&INTERFACES[0]]) })
        };
        parser.parse2(tokens)
    }
}

/// `#[primitive]` or `#[primitive(name = "primDigitAdd")]`: the name, if there is one.
pub(crate) fn primitive(tokens: TokenStream) -> Result<Option<LitStr>> {
    let parser = |input: ParseStream<'_>| {
        if input.is_empty() {
            return Ok(None);
        }
        let key: Ident = input.parse()?;
        if key != "name" {
            return Err(Error::new(key.span(), format!("expected `name = \"...\"`, found `{key}`")));
        }
        let name = name(input)?;
        input.parse::<Option<Token![,]>>()?;
        Ok(Some(name))
    };
    parser.parse2(tokens)
}

fn set<T>(place: &mut Option<T>, key: &Ident, value: T) -> Result<()> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(Error::new(key.span(), format!("`{key}` is there twice"))),
    }
}

/// `= "..."`, the name of a module or primitive.
fn name(input: ParseStream<'_>) -> Result<LitStr> {
    input.parse::<Token![=]>()?;
    let name: LitStr = input.parse()?;
    let text = name.value();
    if text.is_empty() || text.len() > 255 || text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(Error::new(name.span(), "a name has 1 to 255 bytes and no white space"));
    }
    Ok(name)
}

/// `(files, clock)`.
fn imports(input: ParseStream<'_>) -> Result<Vec<&'static Interface>> {
    let list;
    parenthesized!(list in input);
    // The objects of the call belong to every plugin.
    let mut imports = vec![&INTERFACES[0]];
    let mut named: Vec<Ident> = Vec::new();
    for name in Punctuated::<Ident, Token![,]>::parse_terminated(&list)? {
        if named.contains(&name) {
            return Err(Error::new(name.span(), format!("`{name}` is imported twice")));
        }
        let interface = Interface::named(&name.to_string()).ok_or_else(|| {
            let known: Vec<&str> = INTERFACES.iter().map(|interface| interface.name).collect();
            Error::new(name.span(), format!("the host has no interface `{name}`; it has {}", known.join(", ")))
        })?;
        if interface.name != INTERFACES[0].name {
            imports.push(interface);
        }
        named.push(name);
    }
    Ok(imports)
}
