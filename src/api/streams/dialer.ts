import type { ClientRequest, OutgoingHttpHeaders } from 'node:http';
import type { Connection } from '../contract.ts';

/** Opens requests to where streams go (Api.connect). The façades share one. */
export interface Dialer {
  /**
   * The request is not sent before its `end`. An error is emitted when there is no connection, or with `answerMs` no
   * answer in that time; bodies may last.
   */
  request(to: Connection, method: string, headers: OutgoingHttpHeaders, answerMs?: number): ClientRequest;
}
