import http from 'node:http';

export interface Request {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  readonly idempotencyKey?: string;
}

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly replayed: boolean;
}

/** One connection, one request at a time: what a foreign agent is to the ledger. */
export class HttpCaller {
  private readonly agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

  /** @throws whatever breaks the connection, and an answer that ends too early: nothing is known then */
  send(url: string, { method, path, body, idempotencyKey }: Request): Promise<Answer> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
      ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
    };
    return new Promise((resolve, reject) => {
      const sent = http.request(url + path, { method, headers, agent: this.agent, timeout: 20_000 }, (response) => {
        let answer = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
        response.on('error', reject).on('end', () => {
          if (!response.complete) return reject(new Error('The answer broke off.'));
          const replayed = response.headers['idempotency-replayed'] === 'true';
          resolve({ status: response.statusCode!, body: JSON.parse(answer) as Answer['body'], replayed });
        });
      });
      sent.on('timeout', () => sent.destroy(new Error('No answer for 20 s.'))).on('error', reject);
      sent.end(text);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}
