def define_auth_challenge(event, context):
    session = event["request"]["session"]
    if len(session) == 0:
        event["response"]["challengeName"] = "CUSTOM_CHALLENGE"
    elif session[-1]["challengeName"] == "CUSTOM_CHALLENGE" and session[-1]["challengeResult"]:
        event["response"]["issueTokens"] = True
    return event
