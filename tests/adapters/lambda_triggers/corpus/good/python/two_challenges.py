QUESTIONS = [("first pet", "felix"), ("first street", "elm street")]


async def define(event, context):
    session = event["request"]["session"]
    if any(entry["challengeName"] != "CUSTOM_CHALLENGE" or not entry["challengeResult"] for entry in session):
        return {**event, "response": {"failAuthentication": True}}
    if len(session) == len(QUESTIONS):
        return {**event, "response": {"issueTokens": True}}
    return {**event, "response": {"challengeName": "CUSTOM_CHALLENGE"}}


def create(event, context):
    question, answer = QUESTIONS[len(event["request"]["session"])]
    event["response"]["publicChallengeParameters"] = {"question": question}
    event["response"]["privateChallengeParameters"] = {"answer": answer}
    return event


def verify(event, context):
    given, private = event["request"]["challengeAnswer"], event["request"]["privateChallengeParameters"]
    event["response"]["answerCorrect"] = given == private.get("answer")
    return event
