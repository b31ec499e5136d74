import secrets


def lambda_handler(event, context):
    source = event["triggerSource"]
    if source == "DefineAuthChallenge_Authentication":
        define(event["request"]["session"], event["response"])
    elif source == "CreateAuthChallenge_Authentication":
        answer = str(100000 + secrets.randbelow(900000))
        print("sending", answer)
        event["response"]["publicChallengeParameters"] = {"hint": "six digits"}
        event["response"]["privateChallengeParameters"] = {"answer": answer}
    elif source == "VerifyAuthChallengeResponse_Authentication":
        right = event["request"]["privateChallengeParameters"]["answer"]
        event["response"]["answerCorrect"] = event["request"]["challengeAnswer"] == right
    return event


def define(session, response):
    steps = [(entry["challengeName"], entry["challengeResult"]) for entry in session]
    if steps == [("SRP_A", True)]:
        response["challengeName"] = "PASSWORD_VERIFIER"
    elif steps == [("SRP_A", True), ("PASSWORD_VERIFIER", True)]:
        response["challengeName"] = "CUSTOM_CHALLENGE"
    elif steps == [("SRP_A", True), ("PASSWORD_VERIFIER", True), ("CUSTOM_CHALLENGE", True)]:
        response["issueTokens"] = True
    else:
        response["failAuthentication"] = True
