// Property tests draw from a fixed seed, so that a run can be repeated and a red one is never a coincidence. Another one:
// PENSTOCK_TEST_SEED=123 npm test
import fc from 'fast-check'

fc.configureGlobal({ seed: Number(process.env['PENSTOCK_TEST_SEED'] ?? 20_261_123) })
