def define_auth_challenge(event, context):
    names = [entry["challengeName"] for entry in event["request"]["session"]]
    if names == ["SRP_A"]:
        event["response"]["challengeName"] = "PASSWORD_VERIFIER"
    elif names == ["SRP_A", "PASSWORD_VERIFIER"]:
        event["response"]["issueTokens"] = True
    else:
        event["response"]["failAuthentication"] = True
    return event
