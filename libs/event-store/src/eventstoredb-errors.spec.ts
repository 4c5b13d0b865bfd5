import { appendFailure, isNoPosition, isSilence, NodeSilent } from './eventstoredb-errors';

const clientError = (facts: { readonly type?: string; readonly code?: number }, message = ''): Error => Object.assign(new Error(message), facts);

/** As seen on real nodes with client 6.2.1. */
describe('appendFailure', () => {
  it.each<[string, Error, string]>([
    ['a connection that ended', clientError({ type: 'unavailable', code: 14 }, 'read ECONNRESET'), 'OutcomeUnknown'],
    ['a deadline', clientError({ type: 'deadline-exceeded', code: 4 }), 'OutcomeUnknown'],
    ['our own timer', new NodeSilent('nothing came'), 'OutcomeUnknown'],
    ['a first attempt that is still in flight', clientError({ type: 'timeout', code: 10 }), 'OutcomeUnknown'],
    ['a cancelled call', clientError({ type: 'cancelled', code: 1 }), 'OutcomeUnknown'],
    ['a node that is down', clientError({ code: 14 }), 'OutcomeUnknown'],
    ['a node that starts', clientError({ type: 'unknown' }, 'Could not recognize Server Is Not Ready'), 'OutcomeUnknown'],
    ['a node that is told to stop', clientError({ type: 'unknown', code: 13 }, 'Received RST_STREAM with code 0'), 'OutcomeUnknown'],
    ['what nobody has seen yet', clientError({}, 'surprise'), 'OutcomeUnknown'],
    ['a bad request', clientError({ type: 'unknown' }, 'Could not recognize BadRequest'), 'AppendRefused'],
    ['a bad request with a code', clientError({ type: 'unknown', code: 2 }, '2 UNKNOWN: BadRequest'), 'AppendRefused'],
    ['an exception in the node', clientError({ type: 'unknown', code: 2 }, '2 UNKNOWN: Exception was thrown by handler.'), 'OutcomeUnknown'],
    ['an unknown error without words', clientError({ type: 'unknown', code: 2 }), 'OutcomeUnknown'],
    ['a follower while nobody leads', clientError({ type: 'unknown', code: 2 }, '2 UNKNOWN: No leader info available in response'), 'EventStoreUnavailable'],
    ['a message beyond the transport\'s limit', clientError({ type: 'unknown', code: 8 }), 'AppendRefused'],
    ['a deleted stream', clientError({ type: 'stream-deleted', code: 9 }), 'AppendRefused'],
    ['too large an append', clientError({ type: 'maximum-append-size-exceeded' }), 'AppendRefused'],
    ['a wrong password', clientError({ type: 'access-denied', code: 16 }), 'AppendRefused'],
    ['a forbidden stream', clientError({ type: 'access-denied', code: 7 }), 'AppendRefused'],
    ['a follower', clientError({ type: 'not-leader', code: 5 }), 'EventStoreUnavailable'],
    ['no node to send it to', clientError({}, 'Failed to discover after 10 attempts.'), 'EventStoreUnavailable'],
  ])('takes %s for what it is', (_, error, name) => {
    const failure = appendFailure(error);
    expect(failure.name).toBe(name);
    expect(failure.cause).toBe(error);
    expect(failure.message).not.toMatch(/: $/);
  });

  it('knows a position at which no event begins from everything else that went wrong in the node', () => {
    expect(isNoPosition(clientError({ type: 'unknown', code: 2 }, '2 UNKNOWN: Unexpected ReadAllResult: InvalidPosition'))).toBe(true);
    expect(isNoPosition(clientError({ type: 'unknown', code: 2 }, '2 UNKNOWN: No leader info available in response'))).toBe(false);
    expect(isNoPosition(clientError({ type: 'unknown', code: 2 }, '2 UNKNOWN: Exception was thrown by handler.'))).toBe(false);
    expect(isNoPosition(clientError({ type: 'unavailable', code: 14 }))).toBe(false);
  });

  it('knows silence, after which the client stays where it is', () => {
    expect(isSilence(new NodeSilent('nothing came'))).toBe(true);
    expect(isSilence(clientError({ type: 'unavailable', code: 14 }))).toBe(false);
  });
});
