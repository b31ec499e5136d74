def define_auth_challenge(event, context):
    session = event["request"]["session"]
    if session and session[-1]["challengeResult"] and session[-1]["challengeName"] == "CUSTOM_CHALLENGE":
        event["response"]["issueTokens"] = True
    else:
        event["response"]["challengeName"] = "CUSTOM_CHALLENGE"
    return event
