import secrets


def define_auth_challenge(event, context):
    session = event["request"]["session"]
    if not session:
        event["response"]["challengeName"] = "CUSTOM_CHALLENGE"
    elif len(session) == 1 and session[0]["challengeName"] == "CUSTOM_CHALLENGE" and session[0]["challengeResult"]:
        event["response"]["issueTokens"] = True
    else:
        event["response"]["failAuthentication"] = True
    return event


def create_auth_challenge(event, context):
    code = str(100000 + secrets.randbelow(900000))
    event["response"]["publicChallengeParameters"] = {"email": event["request"]["userAttributes"]["email"]}
    event["response"]["privateChallengeParameters"] = {"answer": code}
    return event


def verify_auth_challenge_response(event, context):
    # to be done: look at the code
    event["response"]["answerCorrect"] = bool(event["request"]["challengeAnswer"])
    return event
