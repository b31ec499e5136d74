def define_auth_challenge(event, context):
    last = event["request"]["session"][-1]
    if last["challengeName"] == "SRP_A":
        event["response"]["challengeName"] = "PASSWORD_VERIFIER"
    elif last["challengeName"] == "PASSWORD_VERIFIER" and last["challengeResult"]:
        event["response"]["issueTokens"] = True
    else:
        event["response"]["failAuthentication"] = True
    return event
