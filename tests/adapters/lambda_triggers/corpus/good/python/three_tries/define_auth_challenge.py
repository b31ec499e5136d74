def lambda_handler(event, context):
    session = event["request"]["session"]
    print(len(session), "entries")
    if any(entry["challengeName"] != "CUSTOM_CHALLENGE" for entry in session):
        event["response"].update(failAuthentication=True)
    elif session and session[-1]["challengeResult"]:
        event["response"].update(issueTokens=True)
    elif len(session) >= 3:
        event["response"].update(failAuthentication=True)
    else:
        event["response"].update(challengeName="CUSTOM_CHALLENGE")
    return event
