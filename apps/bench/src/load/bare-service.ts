import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { APP_FILTER, NestFactory } from '@nestjs/core';
import { CommandHandler, CqrsModule, type ICommandHandler } from '@nestjs/cqrs';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ConfigureQosSession, type ConfigureAnswer, type Outcome } from '#ledger';
import { createHttpServer, createLog, Metrics, nestLog, ProblemFilter, QosSessionsController } from '#service';

const sessionId = '5d7e4a52-8c38-5a7e-8f6e-0f7b1c9d2e33';

/** Decides nothing and keeps nothing: every request is a new native session. The answer is as long as a real one. */
@CommandHandler(ConfigureQosSession)
class AnswerConfigureHandler implements ICommandHandler<ConfigureQosSession> {
  async execute({ foreignAgent, careOfAddress, flow }: ConfigureQosSession): Promise<Outcome<ConfigureAnswer>> {
    const { correspondentNode, protocol, sourcePort, destinationPort } = flow;
    const effective = { source: correspondentNode!, destination: careOfAddress, protocol, sourcePort: sourcePort!, destinationPort: destinationPort! };
    const stream = `flowTable-${foreignAgent}@${careOfAddress}`;
    return {
      outcome: 'accepted',
      body: { sessionId, outcome: 'configured', effective, temporary: null, matched: [], stream, revision: '3', position: '17' },
      etag: '"3"',
      replayed: false,
    };
  }
}

@Module({
  imports: [CqrsModule.forRoot()],
  controllers: [QosSessionsController],
  providers: [{ provide: APP_FILTER, useClass: ProblemFilter }, AnswerConfigureHandler],
})
class BareModule {}

/** The service's own server, route, validation and answer, without ledger, projection and database. Prints where it answers. */
async function main(): Promise<void> {
  const log = createLog('warn');
  const metrics = new Metrics({ positions: async () => ({ ledger: 0n, tables: 0n }), tables: async () => ({ standStill: false, parkedStreams: 0 }) });
  const adapter = await createHttpServer(log, [], metrics);
  const app = await NestFactory.create<NestFastifyApplication>(BareModule, adapter, { bodyParser: false, abortOnError: false, logger: nestLog(log) });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const url = await app.getUrl();
  process.once('SIGTERM', () => void app.close());
  console.log(JSON.stringify({ url }));
}

void main();
