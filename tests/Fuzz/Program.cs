// Mutated inputs of the corpus against the parsers and the analysis, for a bounded time. A failure prints the seed that makes it again:
// FUZZ_SECONDS (60) in all, FUZZ_SEED (of the clock) to begin with.
using System.Diagnostics;
using System.Globalization;
using NetProfiler.Fuzz;

const int InputsPerSeed = 1000;
const long MaxManagedBytes = 512L * 1024 * 1024;
var patience = TimeSpan.FromSeconds(30); // for a thousand inputs, of which the slowest take microseconds

var budget = TimeSpan.FromSeconds(int.Parse(Environment.GetEnvironmentVariable("FUZZ_SECONDS") ?? "60", CultureInfo.InvariantCulture));
int firstSeed = int.Parse(Environment.GetEnvironmentVariable("FUZZ_SEED") ?? $"{Environment.TickCount & int.MaxValue}",
    CultureInfo.InvariantCulture);
Console.WriteLine($"fuzz: {budget.TotalSeconds:F0} s from seed {firstSeed}");

int workers = int.Max(1, Environment.ProcessorCount);
long inputs = 0;
string? failure = null;
var time = Stopwatch.StartNew();
var threads = Enumerable.Range(0, workers).Select(worker =>
{
    var thread = new Thread(() => Work(firstSeed + worker));
    thread.Start();
    return thread;
}).ToList();
foreach (var thread in threads) thread.Join();

if (failure is not null)
{
    Console.WriteLine(failure);
    return 1;
}

Console.WriteLine($"fuzz: {inputs:N0} inputs in {time.Elapsed.TotalSeconds:F0} s, no failure");
return 0;

void Work(int seed)
{
    for (; time.Elapsed < budget && failure is null; seed += workers)
    {
        foreach (var (name, attempt) in Targets.All)
        {
            var mutator = new Mutator(seed);
            var round = Stopwatch.StartNew();
            int input = 0;
            try
            {
                for (; input < InputsPerSeed; input++) attempt(mutator);
            }
            catch (Exception exception)
            {
                failure ??= $"fuzz: {name}, FUZZ_SEED={seed}, input {input}: {exception}";
                return;
            }

            Interlocked.Add(ref inputs, InputsPerSeed);
            if (round.Elapsed > patience)
                failure ??= $"fuzz: {name}, FUZZ_SEED={seed}: {InputsPerSeed} inputs took {round.Elapsed.TotalSeconds:F0} s";
            if (GC.GetTotalMemory(forceFullCollection: false) > MaxManagedBytes)
                failure ??= $"fuzz: {name}, FUZZ_SEED={seed}: {GC.GetTotalMemory(false) >> 20} MiB are held";
        }
    }
}
