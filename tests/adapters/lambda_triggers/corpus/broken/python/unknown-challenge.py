def define_auth_challenge(event, context):
    session = event["request"]["session"]
    if not session:
        event["response"]["challengeName"] = "CAPTCHA"
    elif session[-1]["challengeName"] == "CAPTCHA" and session[-1]["challengeResult"]:
        event["response"]["issueTokens"] = True
    else:
        event["response"]["failAuthentication"] = True
    return event
