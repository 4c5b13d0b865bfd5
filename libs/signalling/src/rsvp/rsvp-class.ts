/** Object classes by number: RFC 2205 App. A, RFC 2746, 2961, and those of RSVP-TE and GMPLS that are told apart by name. */
export const RsvpClass = {
  session: 1,
  rsvpHop: 3,
  integrity: 4,
  timeValues: 5,
  errorSpec: 6,
  scope: 7,
  style: 8,
  flowspec: 9,
  filterSpec: 10,
  senderTemplate: 11,
  senderTspec: 12,
  adspec: 13,
  policyData: 14,
  resvConfirm: 15,
  nodeChar: 128,
  sessionAssoc: 192,
} as const;

const intServNames: readonly (readonly [number, string])[] = [
  [0, 'null'],
  [RsvpClass.session, 'session'],
  [RsvpClass.rsvpHop, 'rsvp-hop'],
  [RsvpClass.integrity, 'integrity'],
  [RsvpClass.timeValues, 'time-values'],
  [RsvpClass.errorSpec, 'error-spec'],
  [RsvpClass.scope, 'scope'],
  [RsvpClass.style, 'style'],
  [RsvpClass.flowspec, 'flowspec'],
  [RsvpClass.filterSpec, 'filter-spec'],
  [RsvpClass.senderTemplate, 'sender-template'],
  [RsvpClass.senderTspec, 'sender-tspec'],
  [RsvpClass.adspec, 'adspec'],
  [RsvpClass.policyData, 'policy-data'],
  [RsvpClass.resvConfirm, 'resv-confirm'],
  [23, 'message-id'],
  [24, 'message-id-ack'],
  [25, 'message-id-list'],
  [30, 'diagnostic'],
  [31, 'route'],
  [32, 'diag-response'],
  [33, 'diag-select'],
  [64, 'challenge'],
  [RsvpClass.nodeChar, 'node-char'],
  [RsvpClass.sessionAssoc, 'session-assoc'],
  [225, 'dclass'],
];

const trafficEngineeringNames: readonly (readonly [number, string])[] = [
  [16, 'label'],
  [19, 'label-request'],
  [20, 'explicit-route'],
  [21, 'record-route'],
  [22, 'hello'],
  [34, 'recovery-label'],
  [35, 'upstream-label'],
  [36, 'label-set'],
  [37, 'protection'],
  [50, 's2l-sub-lsp'],
  [63, 'detour'],
  [65, 'diff-serv'],
  [66, 'class-type'],
  [67, 'lsp-required-attributes'],
  [129, 'suggested-label'],
  [130, 'acceptable-label-set'],
  [131, 'restart-capability'],
  [133, 'link-capability'],
  [134, 'capability'],
  [193, 'lsp-tunnel-interface-id'],
  [195, 'notify-request'],
  [196, 'admin-status'],
  [197, 'lsp-attributes'],
  [198, 'alarm-spec'],
  [199, 'association'],
  [200, 'secondary-explicit-route'],
  [201, 'secondary-record-route'],
  [202, 'call-attributes'],
  [205, 'fast-reroute'],
  [207, 'session-attribute'],
  [229, 'generalized-uni'],
  [230, 'call-id'],
  [232, 'exclude-route'],
];

const names = new Map<number, string>([...intServNames, ...trafficEngineeringNames]);
const trafficEngineering = new Set(trafficEngineeringNames.map(([classNumber]) => classNumber));

/** `unknown` for a class that is not in the table. */
export function rsvpClassName(classNumber: number): string {
  return names.get(classNumber) ?? 'unknown';
}

export function isTrafficEngineeringClass(classNumber: number): boolean {
  return trafficEngineering.has(classNumber);
}

/** RFC 2205 §3.10: the two high bits say what a node does with a class that it does not know. */
export function unknownAction(classNumber: number): 'reject' | 'ignore' | 'forward' | null {
  if (names.has(classNumber)) return null;
  if (classNumber < 0x80) return 'reject';
  return classNumber < 0xc0 ? 'ignore' : 'forward';
}
