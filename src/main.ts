import { runProgram } from './start/program.ts';

await runProgram(process.argv.slice(2), process.env);
