"""How to run into the errors of 8x8 Work."""

from __future__ import annotations

from tests.faults.cases import Case, refusal

WORK = "eightx8_work"
CASES = (
    Case("8x8 Work does not know the API", WORK, config={"eightx8_work_api_key": "another"}),
    Case("8x8 Work does not know the user", WORK, config={"eightx8_work_username": "nobody@sandbox.example"}),
    Case("8x8 Work refused the password", WORK, config={"eightx8_work_password": "another"}),
    Case(
        "8x8 Work refused the password",
        WORK,
        switches={"wrong_password_status": 401},
        config={"eightx8_work_password": "x"},
    ),
    Case("8x8 Work refused to sign", WORK, traits={"user_opened_analytics": False}),
    Case("8x8 Work refused a token", WORK, refusal(401, match="/v2/")),
    Case("The 8x8 Work user may not read call", WORK, traits={"user_has_licence": False}),
    Case(
        "The 8x8 Work user may not read one",
        WORK,
        traits={"allowed_pbxes": set()},
        config={"eightx8_work_pbx_ids": ["northwindlon"]},
    ),
    *(
        Case("8x8 Work no longer serves", WORK, switches={"v1_status": status}, streams=["eightx8_cdr_call_legs"])
        for status in (404, 410)
    ),
    Case("8x8 Work no longer accepts", WORK, refusal(400, match="scrollId="), config={"eightx8_work_page_size": 2}),
    Case("8x8 Work was asked for times", WORK, switches={"render_zone": "Asia/Kolkata"}),
)
