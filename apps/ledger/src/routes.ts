import { batchRoutes } from './batch.controller';
import { captureRoutes } from './captures.controller';
import { documentationRoutes } from './documentation.controller';
import { eventRoutes } from './events.controller';
import { exportRoutes } from './export.controller';
import { foreignAgentRoutes } from './foreign-agents.controller';
import { handoffRoutes } from './handoffs.controller';
import { healthRoutes } from './health.controller';
import { liveEventRoutes } from './live-events.controller';
import { metricsRoutes } from './metrics.controller';
import { mobileNodeRoutes } from './mobile-nodes.controller';
import { problemRoutes } from './problems.controller';
import { qosSessionRoutes } from './qos-sessions.controller';
import { reconcileRoutes } from './reconcile.controller';
import type { Routes } from './http/route';

/** Every route of the service by its tag and name; openapi.json is made of it, and a test holds it to what the server answers. */
export const routes: Routes = {
  'Foreign agents': { ...foreignAgentRoutes, ...reconcileRoutes },
  'Mobile nodes': mobileNodeRoutes,
  'QoS sessions': qosSessionRoutes,
  Handoffs: handoffRoutes,
  Captures: captureRoutes,
  Batch: batchRoutes,
  Ledger: { ...eventRoutes, ...liveEventRoutes, ...exportRoutes },
  Service: { ...healthRoutes, ...metricsRoutes, ...problemRoutes, ...documentationRoutes },
};
