// What profiling costs. One run, alternating with and without: the machine is noisy, so every figure is a ratio to its neighbour.
// nginx has one core for itself; the load generator and the agent share the other.
using NetProfiler.Benchmarks;
using NetProfiler.Capture;

if (args is [SocketCalls.Argument]) return SocketCalls.Serve();
if (args is [HeadParsing.Argument])
{
    HeadParsing.Run();
    return 0;
}

if (args is [RuleSearch.Argument])
{
    RuleSearch.Run();
    return 0;
}

int rounds = int.Parse(Environment.GetEnvironmentVariable("ROUNDS") ?? "5");
int seconds = int.Parse(Environment.GetEnvironmentVariable("SECONDS_EACH") ?? "3");
string agentPath = args is [var path, ..] ? path : "artifacts/bin/netprofiler";

// "replay" alone: only what is measured without a kernel.
if (args.Contains("replay")) return await ReplayOfOneGigabyte.RunAsync(agentPath) ? 0 : 1;

// "operator" alone: the executable beside the agent's. Needs neither root nor a kernel.
if (args.Contains("operator"))
    return await OperatorScale.RunAsync(Path.Combine(Path.GetDirectoryName(agentPath)!, "netprofiler-operator")) ? 0 : 1;

// "against PATH": another agent, of an earlier revision say, beside this one.
// Where calls are seen, as far as this kernel has it. "calls" alone: what a call costs; "nginx": what a server's request does.
string[] doors = [.. CaptureDoors.ByName.Where(door => CaptureDoors.IsOffered(door.Value)).Select(door => door.Key)];
if (args is [_, "against", var other]) return await Comparison.RunAsync(agentPath, other, rounds, seconds);

if (args is not [_, "calls" or "nginx"])
{
    HeadParsing.Run();
    RuleSearch.Run();
}

if (args is not [_, "nginx"])
{
    await using var calls = await SocketCalls.StartAsync();
    await calls.MeasureAsync(); // warm
    var costs = new SortedDictionary<string, List<double>>(StringComparer.Ordinal);
    var others = new SortedDictionary<string, double>(StringComparer.Ordinal);
    void AddOther(string name, double nanoseconds) => others[name] = others.TryGetValue(name, out double least)
        ? Math.Min(least, nanoseconds) : nanoseconds;
    void Add(string name, double nanoseconds) => (costs.TryGetValue(name, out var list) ? list : costs[name] = []).Add(nanoseconds);
    for (int round = 0; round < rounds; round++)
    {
        Add("1 without", await calls.MeasureAsync());
        using (Floor.OfLooking()) Add("2 empty raw_tp/sys_exit (the floor)", await calls.MeasureAsync());
        using (Floor.OfHooks()) Add("3 empty programs on every hook", await calls.MeasureAsync());
        AddOther("without", await calls.MeasureOtherCallAsync());
        foreach (string door in doors)
        {
            await using var agent = await Agent.StartAsync(agentPath, "--comm", "nobody", "--door", door);
            Add($"4 bystander, {door}", await calls.MeasureAsync());
            AddOther(door, await calls.MeasureOtherCallAsync());
        }

        using (Floor.OfCopying(calls.ProcessId)) Add("5 its bytes are copied to a ring", await calls.MeasureAsync());
        foreach (string door in doors)
        {
            await using var agent = await Agent.StartAsync(agentPath, "--pid", $"{calls.ProcessId}", "--door", door);
            Add($"6 profiled, {door}", await calls.MeasureAsync());
        }
    }

    double floorCost = costs["2 empty raw_tp/sys_exit (the floor)"].Min();
    Console.WriteLine("one socket call of a small request and its answer, both ends; the least of many batches");
    foreach (var (name, list) in costs)
        Console.WriteLine($"  {name[2..],-36}{list.Min(),8:F0} ns{list.Min() - floorCost,8:+0;-0;0} ns to the floor, which is "
            + $"{floorCost / list.Min():P0} of it");
    Console.WriteLine("getppid in a process that is not profiled, while another is, by where calls are seen; the least of many batches");
    foreach (var (name, least) in others) Console.WriteLine($"  {name,-36}{least,8:F1} ns");
    Console.WriteLine();
}

if (args is [_, "calls"]) return 0;

await using var nginx = await Nginx.StartAsync();
var closed = new LoadGenerator(nginx, Connections: 16, DelayMilliseconds: 0, seconds);
var constant = new LoadGenerator(nginx, Connections: 100, DelayMilliseconds: 1, seconds);
await closed.RunAsync(); // warm

Console.WriteLine($"{rounds} rounds of {seconds} s, keep-alive, 16 connections, closed loop; nginx answers 6 bytes");
var table = new ResultTable();
for (int round = 0; round < rounds; round++)
{
    table.Add("without", await Measurement.OfAsync(nginx, closed));
    using (Floor.OfLooking()) table.Add("empty raw_tp/sys_exit (the floor)", await Measurement.OfAsync(nginx, closed));
    foreach (string door in doors)
    {
        await using (var agent = await Agent.StartAsync(agentPath, "--comm", "nginx", "--door", door))
            table.Add($"profiled, {door}", await Measurement.OfAsync(nginx, closed, agent));
        await using (var agent = await Agent.StartAsync(agentPath, "--comm", "nobody", "--door", door))
            table.Add($"bystander, {door}", await Measurement.OfAsync(nginx, closed, agent));
    }
}

table.Print(reference: "without", floor: "empty raw_tp/sys_exit (the floor)");
if (args is [_, "nginx"]) return 0;

Console.WriteLine();
Console.WriteLine("constant rate, 100 connections that pause between requests");
var steady = new ResultTable();
for (int round = 0; round < rounds; round++)
{
    steady.Add("without", await Measurement.OfAsync(nginx, constant));
    await using var agent = await Agent.StartAsync(agentPath, "--comm", "nginx");
    steady.Add("profiled", await Measurement.OfAsync(nginx, constant, agent));
}

steady.Print(reference: "without", floor: "without");

Console.WriteLine();
Console.WriteLine("10,000 connections");
var crowd = new LoadGenerator(nginx, Connections: 10_000, DelayMilliseconds: 100, seconds * 2);
var many = new ResultTable();
await using (var agent = await Agent.StartAsync(agentPath, "--comm", "nginx"))
    many.Add("profiled", await Measurement.OfAsync(nginx, crowd, agent));
many.Print(reference: "profiled", floor: "profiled");

(string, string)[] alone = [("the agent", agentPath)];
await Comparison.AlternateAsync("milliseconds from the start until it captures", alone, rounds, StartTime.MeasureMillisecondsAsync);
foreach (var (name, load) in PrintedLine.Loads(nginx, seconds))
    await Comparison.AlternateAsync($"microseconds of CPU a printed line, {name}", alone, rounds,
        program => PrintedLine.MeasureAsync(program, nginx, load));

Console.WriteLine();
bool isReplayFine = await ReplayOfOneGigabyte.RunAsync(agentPath);
Console.WriteLine();
return isReplayFine ? 0 : 1;
