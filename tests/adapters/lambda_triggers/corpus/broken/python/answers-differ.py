tries = 0


def define_auth_challenge(event, context):
    global tries
    session = event["request"]["session"]
    if session and session[-1]["challengeName"] == "CUSTOM_CHALLENGE" and session[-1]["challengeResult"]:
        tries = 0
        event["response"]["issueTokens"] = True
    elif tries < 3:
        tries += 1
        event["response"]["challengeName"] = "CUSTOM_CHALLENGE"
    else:
        event["response"]["failAuthentication"] = True
    return event
