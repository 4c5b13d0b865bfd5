export type { FlowPlan } from './flow-plan';
export { describeNetwork, type ForeignAgent, type HomeAgent, type MobileNode, type Network, type Role } from './network';
export { defaultSimulation, greatestSimulation, type SimulatedStyle, type SimulationOptions } from './options';
export { Random } from './random';
export { simulate } from './simulate';
export type { HandoffTruth, LegTruth, RebootTruth, SessionTruth, StayTruth, Truth } from './truth';
export type { SimulatedFrame } from './world';
export { writeCapture } from './write-capture';
