import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import { DocumentationController } from './documentation.controller';
import { EventsController } from './events.controller';
import { ForeignAgentsController } from './foreign-agents.controller';
import { Health } from './health';
import { HealthController } from './health.controller';
import { Metrics } from './metrics';
import { MetricsController } from './metrics.controller';
import { MobileNodesController } from './mobile-nodes.controller';
import type { OpenLedger } from './open-ledger';
import { ProblemFilter } from './problem.filter';
import { ProblemsController } from './problems.controller';
import { EVENT_STORE, ROUTES } from './provider-names';
import { QosSessionsController } from './qos-sessions.controller';
import { routes } from './routes';

const controllers = [
  ForeignAgentsController,
  MobileNodesController,
  QosSessionsController,
  EventsController,
  HealthController,
  MetricsController,
  ProblemsController,
  DocumentationController,
];

/** The one Nest module: every controller and handler, over a ledger that is open. */
@Module({})
export class AppModule {
  static over(ledger: OpenLedger, metrics: Metrics): DynamicModule {
    const providers: Provider[] = [
      { provide: APP_FILTER, useClass: ProblemFilter },
      { provide: EVENT_STORE, useValue: ledger.store },
      { provide: Health, useValue: new Health(ledger.store, ledger.reads) },
      { provide: ROUTES, useValue: routes },
      { provide: Metrics, useValue: metrics },
    ];
    return { module: AppModule, imports: [CqrsModule.forRoot()], controllers, providers };
  }
}
