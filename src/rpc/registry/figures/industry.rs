//! Enterprises for industrial mobilization.

use super::Adder;
use crate::domain::ids::UnitCode;
use crate::wire::pb;

pub(super) fn add(adder: &mut Adder<'_>, enterprises: &[pb::Enterprise]) {
    for enterprise in enterprises {
        if enterprise.status() == pb::EnterpriseStatus::Closed {
            continue;
        }
        let Ok(unit) = enterprise.unit_code.parse::<UnitCode>() else { continue };
        let stage = enterprise.stage().as_str_name().trim_start_matches("SURVEY_STAGE_");
        adder.count(&unit, "enterprises", &[stage], 1);
        for capability in &enterprise.capabilities {
            let what = [capability.product.as_str(), capability.measure.as_str()];
            let (made, asked) = (capability.per_month_hundredths, capability.quota_hundredths);
            adder.part(&unit, "capacity", &what, made, asked);
        }
    }
    adder.out_of("enterprises", "enterprises", 0);
}
