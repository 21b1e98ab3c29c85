/** Plans of reassignments for whoever stands outside of the cluster. */
export { planFactor } from '../controller/balance/change-factor.ts'
export { copied, planRebalance } from '../controller/balance/plan.ts'
export { brokersOf, type ConfigChange, throttleOf, unthrottleOf } from '../controller/balance/throttle.ts'
export { byTopic, type Move, type PlanBroker, type PlanPartition, type PlanView } from '../controller/balance/view.ts'
