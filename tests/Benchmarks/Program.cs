// What profiling costs. One run, alternating with and without: the machine is noisy, so every figure is a ratio to its neighbour.
// nginx has one core for itself; the load generator and the agent share the other.
using NetProfiler.Benchmarks;

int rounds = int.Parse(Environment.GetEnvironmentVariable("ROUNDS") ?? "5");
int seconds = int.Parse(Environment.GetEnvironmentVariable("SECONDS_EACH") ?? "3");
string agentPath = args is [var path, ..] ? path : "artifacts/bin/netprofiler";

// "replay" alone: only what is measured without a kernel.
if (args.Contains("replay")) return await ReplayOfOneGigabyte.RunAsync(agentPath) ? 0 : 1;

await using var nginx = await Nginx.StartAsync();
var closed = new LoadGenerator(nginx, Connections: 16, DelayMilliseconds: 0, seconds);
var constant = new LoadGenerator(nginx, Connections: 100, DelayMilliseconds: 1, seconds);
await closed.RunAsync(); // warm

Console.WriteLine($"{rounds} rounds of {seconds} s, keep-alive, 16 connections, closed loop; nginx answers 6 bytes");
var table = new ResultTable();
for (int round = 0; round < rounds; round++)
{
    table.Add("without", await Measurement.OfAsync(nginx, closed));
    using (EmptyProgram.Attach()) table.Add("empty raw_tp/sys_exit (the floor)", await Measurement.OfAsync(nginx, closed));
    await using (var agent = await Agent.StartAsync(agentPath, "--comm", "nginx"))
        table.Add("profiled", await Measurement.OfAsync(nginx, closed, agent));
    await using (var agent = await Agent.StartAsync(agentPath, "--comm", "nobody"))
        table.Add("bystander (another is profiled)", await Measurement.OfAsync(nginx, closed, agent));
}

table.Print(reference: "without", floor: "empty raw_tp/sys_exit (the floor)");

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

Console.WriteLine();
return await ReplayOfOneGigabyte.RunAsync(agentPath) ? 0 : 1;
