import secrets


def lambda_handler(event, context):
    session = event["request"]["session"]
    kept = session[-1]["challengeMetadata"] if session else None
    code = kept.removeprefix("CODE-") if kept else str(100000 + secrets.randbelow(900000))
    event["response"]["publicChallengeParameters"] = {"email": event["request"]["userAttributes"]["email"]}
    event["response"]["privateChallengeParameters"] = {"code": code}
    event["response"]["challengeMetadata"] = "CODE-" + code
    return event
