def define_auth_challenge(event, context):
    session = event["request"]["session"]
    if not session:
        event["response"]["challengeName"] = "CUSTOM_CHALLENGE"
    elif session[-1]["challengeResult"] == "true":
        event["response"]["issueTokens"] = True
    else:
        event["response"]["failAuthentication"] = True
    return event
