import { Module, type DynamicModule, type Provider, type Type } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import { commandHandlers, queryHandlers, ReadModel } from '#ledger';
import { BatchController } from './batch.controller';
import { CapturesController } from './captures.controller';
import { DocumentationController } from './documentation.controller';
import { EventsController } from './events.controller';
import { ExportController } from './export.controller';
import { ForeignAgentsController } from './foreign-agents.controller';
import { HandoffsController } from './handoffs.controller';
import { Health } from './health';
import { HealthController } from './health.controller';
import { EventHub } from './live/event-hub';
import { LiveEventsController } from './live-events.controller';
import { LogExport } from './log-export';
import { Metrics } from './metrics';
import { MetricsController } from './metrics.controller';
import { MobileNodesController } from './mobile-nodes.controller';
import type { OpenLedger } from './open-ledger';
import { ProblemFilter } from './problem.filter';
import { ProblemsController } from './problems.controller';
import { CAPTURE_INGEST, ROUTES, STOPPING } from './provider-names';
import { QosSessionsController } from './qos-sessions.controller';
import { ReconcileController } from './reconcile.controller';
import { routes } from './routes';

const controllers = [
  ForeignAgentsController,
  MobileNodesController,
  QosSessionsController,
  ReconcileController,
  HandoffsController,
  BatchController,
  CapturesController,
  EventsController,
  LiveEventsController,
  ExportController,
  HealthController,
  MetricsController,
  ProblemsController,
  DocumentationController,
];

/** The one Nest module: every controller and handler, over a ledger that is open. */
@Module({})
export class AppModule {
  /** @param stopping aborts what would go on for ever, when the service is told to stop */
  static over(ledger: OpenLedger, health: Health, metrics: Metrics, hub: EventHub, stopping: AbortSignal): DynamicModule {
    const providers: Provider[] = [
      { provide: APP_FILTER, useClass: ProblemFilter },
      { provide: Health, useValue: health },
      { provide: CAPTURE_INGEST, useValue: ledger.parts.ingest },
      { provide: STOPPING, useValue: stopping },
      { provide: ReadModel, useValue: ledger.readModel },
      // Each part stands for its class, by which the handlers ask for it.
      ...Object.values(ledger.parts).map((part: object): Provider => ({ provide: part.constructor as Type, useValue: part })),
      ...commandHandlers,
      ...queryHandlers,
      { provide: LogExport, useValue: new LogExport(ledger.store) },
      { provide: EventHub, useValue: hub },
      { provide: ROUTES, useValue: routes },
      { provide: Metrics, useValue: metrics },
    ];
    return { module: AppModule, imports: [CqrsModule.forRoot()], controllers, providers };
  }
}
