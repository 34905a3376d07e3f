import { runAction } from '../../../shared/action/run-action.ts';
import { action } from './main.ts';

await runAction(action);
