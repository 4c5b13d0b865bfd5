import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import { Health } from './health';
import { HealthController } from './health.controller';
import type { OpenLedger } from './open-ledger';
import { ProblemFilter } from './problem.filter';
import { ProblemsController } from './problems.controller';

/** The one Nest module: every controller and handler, over a ledger that is open. */
@Module({})
export class AppModule {
  static over(ledger: OpenLedger): DynamicModule {
    const providers: Provider[] = [
      { provide: APP_FILTER, useClass: ProblemFilter },
      { provide: Health, useValue: new Health(ledger.store, ledger.reads) },
    ];
    return { module: AppModule, imports: [CqrsModule.forRoot()], controllers: [HealthController, ProblemsController], providers };
  }
}
