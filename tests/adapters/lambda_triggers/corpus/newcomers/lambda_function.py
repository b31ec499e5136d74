import random


def pre_sign_up(event, context):
    email = event["request"]["userAttributes"]["email"]
    if not email.endswith("@example.com"):
        raise Exception(email + " is not one of us")
    event["response"]["autoVerifyEmail"] = True
    return event


def custom_message(event, context):
    if event["triggerSource"] == "CustomMessage_SignUp":
        name = event["request"]["userAttributes"]["name"]
        event["response"]["emailSubject"] = "Welcome"
        event["response"]["emailMessage"] = "Hello " + name + ", your code is " + event["request"]["codeParameter"]
    return event


def post_confirmation(event, context):
    print("a new user:", event["userName"])
    return event


def pre_authentication(event, context):
    data = event["request"]["validationData"] or {}
    if data.get("from") == "nowhere":
        raise Exception("We do not know where you are")
    return event


def define_auth_challenge(event, context):
    session = event["request"]["session"]
    if session and session[-1]["challengeResult"]:
        event["response"]["issueTokens"] = True
        event["response"]["failAuthentication"] = False
    elif len(session) >= 3:
        event["response"]["issueTokens"] = False
        event["response"]["failAuthentication"] = True
    else:
        event["response"]["challengeName"] = "CUSTOM_CHALLENGE"
        event["response"]["issueTokens"] = False
        event["response"]["failAuthentication"] = False
    return event


def create_auth_challenge(event, context):
    left, right = random.randrange(10), random.randrange(10)
    event["response"]["publicChallengeParameters"] = {"question": f"{left} + {right}"}
    event["response"]["privateChallengeParameters"] = {"sum": str(left + right)}
    return event


def verify_auth_challenge_response(event, context):
    right = event["request"]["privateChallengeParameters"]["sum"]
    event["response"]["answerCorrect"] = event["request"]["challengeAnswer"] == right
    return event


def pre_token_generation(event, context):
    event["response"]["claimsAndScopeOverrideDetails"] = {
        "idTokenGeneration": {"claimsToAddOrOverride": {"family": "Liddell"}, "claimsToSuppress": ["name"]},
        "accessTokenGeneration": {"claimsToAddOrOverride": {"plan": {"name": "free", "seats": 1}}},
    }
    return event
