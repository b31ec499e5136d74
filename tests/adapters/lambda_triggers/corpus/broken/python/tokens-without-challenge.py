def define_auth_challenge(event, context):
    session = event["request"]["session"]
    response = event["response"]
    response["issueTokens"] = False
    response["failAuthentication"] = False
    if len(session) == 0:
        response["challengeName"] = "CUSTOM_CHALLENGE"
    elif len(session) == 1 and session[0]["challengeName"] == "CUSTOM_CHALLENGE":
        response["issueTokens"] = True
    else:
        response["failAuthentication"] = True
    return event
