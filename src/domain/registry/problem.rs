//! What a check says: problems refuse a record, warnings go with an accepted one.
//!
//! The codes are stable: reports, the doors' field violations and the staff's habits rest on them.

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant,)+ }

        impl $name {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The stable code, upper case with underscores.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }
        }
    };
}

codes!(
    /// Why a record is refused.
    ProblemCode {
        /// No name.
        NameMissing = "NAME_MISSING",
        /// Something in the name is not a letter, space, apostrophe or hyphen, or it is too long.
        NameInvalid = "NAME_INVALID",
        /// No citizen number.
        CitizenIdMissing = "CITIZEN_ID_MISSING",
        /// Not twelve digits.
        CitizenIdInvalid = "CITIZEN_ID_INVALID",
        /// No date of birth.
        BirthDateMissing = "BIRTH_DATE_MISSING",
        /// Not a day of the calendar, or after today, or before 1900.
        BirthDateInvalid = "BIRTH_DATE_INVALID",
        /// No unit, and no default was given.
        UnitMissing = "UNIT_MISSING",
        /// The unit is not a commune, ward or base of the province.
        UnitUnknown = "UNIT_UNKNOWN",
        /// The unit's name was another place's on the map that the list is of.
        UnitNameMoved = "UNIT_NAME_MOVED",
        /// A number of more than fifteen digits, which spreadsheets round.
        NumberRounded = "NUMBER_ROUNDED",
        /// Neither class one nor class two.
        ClassInvalid = "CLASS_INVALID",
        /// The specialty is not in the list.
        SpecialtyUnknown = "SPECIALTY_UNKNOWN",
        /// Neither male nor female.
        SexInvalid = "SEX_INVALID",
        /// Not one of the 54 groups.
        EthnicGroupUnknown = "ETHNIC_GROUP_UNKNOWN",
        /// Not a language the messages exist in.
        LanguageUnknown = "LANGUAGE_UNKNOWN",
        /// Not a rank.
        RankUnknown = "RANK_UNKNOWN",
        /// Not a category of reservist, or one that the rank contradicts.
        CategoryInvalid = "CATEGORY_INVALID",
        /// Neither frame A nor frame B.
        FrameInvalid = "FRAME_INVALID",
        /// Not a phone number of today's plan, or too many of them.
        PhoneInvalid = "PHONE_INVALID",
        /// Neither yes nor no.
        PartyMemberInvalid = "PARTY_MEMBER_INVALID",
        /// Not 1 to 6.
        HealthClassInvalid = "HEALTH_CLASS_INVALID",
        /// Not a known status.
        StatusUnknown = "STATUS_UNKNOWN",
        /// A text is over its bound or holds control characters.
        TextInvalid = "TEXT_INVALID",
        /// The type of equipment is missing or not in the list.
        EquipmentTypeUnknown = "EQUIPMENT_TYPE_UNKNOWN",
        /// Not a plate.
        PlateInvalid = "PLATE_INVALID",
        /// No chassis number, plate or engine number: nothing to know the item by.
        IdentityMissing = "IDENTITY_MISSING",
        /// A capacity without its unit or the reverse, or not a positive number.
        CapacityInvalid = "CAPACITY_INVALID",
        /// Not a year from 1950 to this one.
        YearInvalid = "YEAR_INVALID",
        /// Not 1 to 4.
        GradeInvalid = "GRADE_INVALID",
        /// No owner.
        OwnerMissing = "OWNER_MISSING",
        /// A driver is not given by a citizen number, or there are too many.
        DriverInvalid = "DRIVER_INVALID",
        /// Not a day of the calendar, or after today where it cannot be.
        DateInvalid = "DATE_INVALID",
        /// A period ends before it begins.
        PeriodInvalid = "PERIOD_INVALID",
        /// A deferral without a known ground.
        DeferralInvalid = "DEFERRAL_INVALID",
        /// An exemption without a post.
        ExemptionInvalid = "EXEMPTION_INVALID",
        /// A place in the militia without a base or a type.
        MilitiaInvalid = "MILITIA_INVALID",
        /// Not a code: 1 to 16 letters, digits, `-`, `_` or `.`.
        CodeInvalid = "CODE_INVALID",
        /// Not a known kind.
        KindUnknown = "KIND_UNKNOWN",
        /// A self-defense base without the agency it belongs to.
        HostMissing = "HOST_MISSING",
        /// Not a whole number, or over a million.
        CountInvalid = "COUNT_INVALID",
        /// Parts that are more than the whole.
        CountMismatch = "COUNT_MISMATCH",
        /// Not types of force with a strength each, or one of them twice.
        ForceTypesInvalid = "FORCE_TYPES_INVALID",
        /// Not ten or thirteen digits.
        TaxCodeInvalid = "TAX_CODE_INVALID",
        /// Not products with a capacity and a measure each, or one of them twice.
        CapabilityInvalid = "CAPABILITY_INVALID",
        /// Not a step of the law.
        StageUnknown = "STAGE_UNKNOWN",
        /// A quota for an enterprise that was not selected yet.
        QuotaEarly = "QUOTA_EARLY",
        /// Neither announced nor unannounced.
        AnnouncedInvalid = "ANNOUNCED_INVALID",
        /// Not on the scale giỏi, khá, đạt, không đạt.
        RatingUnknown = "RATING_UNKNOWN",
        /// Whom it trains is none of the list's.
        AudienceUnknown = "AUDIENCE_UNKNOWN",
        /// An earlier row has the same citizen number, chassis number or plate.
        DuplicateInFile = "DUPLICATE_IN_FILE",
        /// An earlier row has the same plate on another chassis.
        EquipmentConflict = "EQUIPMENT_CONFLICT",
        /// A mark for "as above" where each record has its own, or where nothing is above.
        DittoMark = "DITTO_MARK",
        /// A date such as 06/07/1990 in a column that writes the month first in other rows.
        DateOrderAmbiguous = "DATE_ORDER_AMBIGUOUS",
        /// A record has this citizen number, and two of name, sex and birth are not its.
        PersonConflict = "PERSON_CONFLICT",
    }
);

codes!(
    /// What is worth a look in an accepted record.
    Warning {
        /// The citizen number disagrees with the sex or the year of birth.
        CitizenIdMismatch = "CITIZEN_ID_MISMATCH",
        /// The spreadsheet had dropped leading zeros of the citizen number.
        CitizenIdZeroRestored = "CITIZEN_ID_ZERO_RESTORED",
        /// The spreadsheet had dropped the leading zero of a phone number.
        PhoneZeroRestored = "PHONE_ZERO_RESTORED",
        /// Only the year of birth is known.
        BirthYearOnly = "BIRTH_YEAR_ONLY",
        /// Only the month and year of birth are known.
        BirthMonthOnly = "BIRTH_MONTH_ONLY",
        /// The name was brought into the one form: NFC, single spaces.
        NameNormalized = "NAME_NORMALIZED",
        /// The row was written in TCVN3, VNI or an unnamed code page, and was converted.
        LegacyEncoding = "LEGACY_ENCODING",
        /// The unit is named as it was before a merger, and was mapped to its successor.
        FormerUnitMapped = "FORMER_UNIT_MAPPED",
        /// A number in a column of dates was read as the spreadsheet's count of days.
        DateSerialRead = "DATE_SERIAL_READ",
        /// A year of two digits was completed from the citizen number.
        BirthCenturyCompleted = "BIRTH_CENTURY_COMPLETED",
        /// A letter in the citizen number was read as the digit it looks like.
        CitizenIdLetterRead = "CITIZEN_ID_LETTER_READ",
        /// A phone number of eleven digits was brought to the numbering plan of 2018.
        PhonePrefixRenewed = "PHONE_PREFIX_RENEWED",
        /// The person has a place in the militia and in the reserve at once.
        DoubleTasked = "DOUBLE_TASKED",
        /// The tax code's check digit is off.
        TaxCodeMismatch = "TAX_CODE_MISMATCH",
        /// The spreadsheet had dropped the leading zero of a unit's code.
        UnitZeroRestored = "UNIT_ZERO_RESTORED",
        /// The unit is that of the sheet or of the title over the table, for no column names one.
        UnitFromTitle = "UNIT_FROM_TITLE",
        /// Words beside a phone number, or in place of one, were left out.
        PhoneRemarkDropped = "PHONE_REMARK_DROPPED",
        /// Words beside a phone number, or in place of one, went into the note.
        PhoneRemarkNoted = "PHONE_REMARK_NOTED",
        /// What is no phone number of today's plan was left out.
        PhoneInvalid = "PHONE_INVALID",
        /// The unit of a capacity was taken from the type of equipment, or converted.
        CapacityUnitRead = "CAPACITY_UNIT_READ",
        /// The spreadsheet had dropped the leading zero of a tax code.
        TaxCodeZeroRestored = "TAX_CODE_ZERO_RESTORED",
        /// Points or commas in a whole number were read as thousands.
        ThousandsRead = "THOUSANDS_READ",
        /// Younger than 17 or older than 65.
        AgeUnusual = "AGE_UNUSUAL",
        /// The sex was read out of the citizen number.
        SexFromCitizenId = "SEX_FROM_CITIZEN_ID",
        /// A name in capitals or in small letters throughout got capitals where names have them.
        NameRecased = "NAME_RECASED",
        /// The unit of a capacity is not the one that its type is counted in.
        CapacityUnitUnusual = "CAPACITY_UNIT_UNUSUAL",
        /// A year was read out of a cell that holds a day.
        YearFromDate = "YEAR_FROM_DATE",
        /// The code of a commune's one base was made from that of the commune.
        MilitiaCodeDerived = "MILITIA_CODE_DERIVED",
        /// Another row has the same name, day of birth and commune or phone under another number.
        LikelyDouble = "LIKELY_DOUBLE",
        /// The unit was found in an address, beside a hamlet.
        UnitFromAddress = "UNIT_FROM_ADDRESS",
        /// The hamlet is that of the heading over the row, or of the sheet.
        HamletFromTitle = "HAMLET_FROM_TITLE",
        /// The counts by type are less than the total.
        CountByTypeDiffers = "COUNT_BY_TYPE_DIFFERS",
        /// Only the year of a date is known; its first day stands for it.
        DateYearOnly = "DATE_YEAR_ONLY",
        /// Another row has the same engine number in another item.
        EquipmentConflict = "EQUIPMENT_CONFLICT",
        /// A capacity is far over what its type can have: perhaps it is in another unit.
        CapacityUnusual = "CAPACITY_UNUSUAL",
        /// A capacity or quota of nothing, or a dash in its place, was left out.
        CapacityZeroDropped = "CAPACITY_ZERO_DROPPED",
        /// What is in merged cells was taken for each of their rows.
        MergedCellFilled = "MERGED_CELL_FILLED",
        /// A mark for "as above" was read as what stands there.
        DittoMark = "DITTO_MARK",
        /// The unit's name has other marks than the unit bears, or none, and could be no other's.
        UnitNameLoose = "UNIT_NAME_LOOSE",
        /// The class is that of the title over the table, of a heading in it or of the sheet.
        ClassFromTitle = "CLASS_FROM_TITLE",
        /// The first three digits of the citizen number are no province's.
        CitizenIdProvince = "CITIZEN_ID_PROVINCE",
        /// Whether the owner is a person or an organisation was told by the name.
        OwnerKindAssumed = "OWNER_KIND_ASSUMED",
    }
);

/// One fault of one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {}", code.code())]
pub struct Problem {
    /// The field, as the input names it: `citizen_id`.
    pub field: &'static str,
    /// What is wrong with it.
    pub code: ProblemCode,
}

/// A record that passed, with what is worth a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked<T> {
    /// The record.
    pub record: T,
    /// Each warning at most once.
    pub warnings: Vec<Warning>,
}

/// Collects the problems of one record, in the order of the fields.
#[derive(Debug, Default)]
pub(super) struct Findings {
    problems: Vec<Problem>,
    warnings: Vec<Warning>,
}

impl Findings {
    pub(super) fn refuse(&mut self, field: &'static str, code: ProblemCode) {
        self.problems.push(Problem { field, code });
    }

    pub(super) fn warn(&mut self, warning: Warning) {
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// The value, or a problem noted and nothing.
    pub(super) fn need<T>(
        &mut self,
        field: &'static str,
        value: Result<T, ProblemCode>,
    ) -> Option<T> {
        value.map_err(|code| self.refuse(field, code)).ok()
    }

    /// A field that may be blank: `parse` sees it only if it is not.
    pub(super) fn optional<T>(
        &mut self,
        field: &'static str,
        text: &str,
        code: ProblemCode,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        self.need(field, parse(text).ok_or(code))
    }

    /// A free text within its bound, cleaned; blank is none.
    pub(super) fn text(
        &mut self,
        field: &'static str,
        text: &str,
        chars_max: usize,
    ) -> Option<String> {
        let clean = crate::domain::text::clean(text);
        if clean.chars().count() > chars_max || clean.chars().any(char::is_control) {
            self.refuse(field, ProblemCode::TextInvalid);
            return None;
        }
        (!clean.is_empty()).then_some(clean)
    }

    /// The record if every field had its value, else the problems. `record` is none only where a
    /// problem was noted.
    pub(super) fn close<T>(self, record: Option<T>) -> Result<Checked<T>, Vec<Problem>> {
        match record {
            Some(record) if self.problems.is_empty() => {
                Ok(Checked { record, warnings: self.warnings })
            }
            _ => Err(self.problems),
        }
    }
}
