//! LocalePlugin: the user's language, country and ways of writing numbers and dates.
//!
//! The primitives are those of the OpenSmalltalk VM's plugin. What they answer is what the environment variables `LC_ALL`, `LC_MONETARY` and
//! the like, and `LANG` say, with the facts of glibc's locales; without them, or for the locales `C` and `POSIX`, American English.
//! Date and time formats are those of `strftime`.

#![forbid(unsafe_code)]

mod settings;

use osvm_plugin_sdk::prelude::*;
use pure_rust_locales::locale_match;
use settings::{Category, country, language, locale};

/// Seconds in half a year, about.
const HALF_A_YEAR: i64 = 182 * 86_400;

/// The plugin.
#[plugin(name = "LocalePlugin", imports(environment, clock))]
mod locale_plugin {
    use super::*;

    /// Two capital letters (ISO 3166).
    #[primitive]
    fn primitive_country(cx: &Context) -> Result<String, PrimitiveError> {
        country(cx)
    }

    /// Two or three small letters (ISO 639).
    #[primitive]
    fn primitive_language(cx: &Context) -> Result<String, PrimitiveError> {
        language(cx)
    }

    /// True if the symbol of the currency comes before the amount.
    #[primitive]
    fn primitive_currency_notation(cx: &Context) -> Result<bool, PrimitiveError> {
        Ok(locale_match!(locale(cx, Category::Monetary)? => LC_MONETARY::P_CS_PRECEDES) == 1)
    }

    #[primitive]
    fn primitive_currency_symbol(cx: &Context) -> Result<&'static str, PrimitiveError> {
        Ok(locale_match!(locale(cx, Category::Monetary)? => LC_MONETARY::CURRENCY_SYMBOL))
    }

    #[primitive]
    fn primitive_decimal_symbol(cx: &Context) -> Result<&'static str, PrimitiveError> {
        Ok(locale_match!(locale(cx, Category::Numeric)? => LC_NUMERIC::DECIMAL_POINT))
    }

    #[primitive]
    fn primitive_digit_grouping_symbol(cx: &Context) -> Result<&'static str, PrimitiveError> {
        Ok(locale_match!(locale(cx, Category::Numeric)? => LC_NUMERIC::THOUSANDS_SEP))
    }

    #[primitive]
    fn primitive_long_date_format(cx: &Context) -> Result<&'static str, PrimitiveError> {
        Ok(locale_match!(locale(cx, Category::Time)? => LC_TIME::D_FMT))
    }

    #[primitive]
    fn primitive_short_date_format(cx: &Context) -> Result<&'static str, PrimitiveError> {
        Ok(locale_match!(locale(cx, Category::Time)? => LC_TIME::D_FMT))
    }

    #[primitive]
    fn primitive_time_format(cx: &Context) -> Result<&'static str, PrimitiveError> {
        Ok(locale_match!(locale(cx, Category::Time)? => LC_TIME::T_FMT))
    }

    /// False for the countries that do not measure in metres.
    #[primitive]
    fn primitive_measurement_metric(cx: &Context) -> Result<bool, PrimitiveError> {
        Ok(!["US", "LR", "MM"].contains(&country(cx)?.as_str()))
    }

    /// True if local time is ahead of what it is in the other half of the year.
    #[primitive]
    fn primitive_daylight_savings(cx: &Context) -> Result<bool, PrimitiveError> {
        let now = cx.clock().utc_micros()? / 1_000_000;
        Ok(cx.clock().local_offset(now)? > cx.clock().local_offset(now + HALF_A_YEAR)?)
    }

    /// Minutes that local time is ahead of UTC.
    #[primitive]
    fn primitive_timezone_offset(cx: &Context) -> Result<i64, PrimitiveError> {
        offset_in_minutes(cx)
    }

    /// Minutes that the clock of the VM in local time is ahead of UTC.
    #[primitive(name = "primitiveVMOffsetToUTC")]
    fn vm_offset_to_utc(cx: &Context) -> Result<i64, PrimitiveError> {
        offset_in_minutes(cx)
    }
}

fn offset_in_minutes(cx: &Context) -> Result<i64, PrimitiveError> {
    let now = cx.clock().utc_micros()? / 1_000_000;
    Ok(cx.clock().local_offset(now)? / 60)
}
