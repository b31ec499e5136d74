const MOST = 3;

export const handler = async (event) => {
  const { session } = event.request;
  const last = session.at(-1);
  console.log(`${session.length} entries`);
  if (session.some(({ challengeName }) => challengeName !== 'CUSTOM_CHALLENGE')) {
    event.response.failAuthentication = true;
  } else if (last?.challengeResult) {
    event.response.issueTokens = true;
  } else if (session.length >= MOST) {
    event.response.failAuthentication = true;
  } else {
    event.response.challengeName = 'CUSTOM_CHALLENGE';
  }
  return event;
};
