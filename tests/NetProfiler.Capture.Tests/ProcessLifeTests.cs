using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using NetProfiler.Analysis.Events;
using NetProfiler.Capture.Sockets;
using NetProfiler.Capture.Tests.Support;

namespace NetProfiler.Capture.Tests;

/// <summary>Who is a target, from its birth to its end.</summary>
public abstract class ProcessLifeTests(CaptureDoor door, OddCalls program)
{
    [SkippableFact]
    public void A_process_is_a_target_by_its_id_from_the_middle_of_its_connections_on()
    {
        using var worker = Waiting("on_demand");
        Demand(worker);
        Thread.Sleep(3 * QuietSockets.SilenceMilliseconds);
        using var capture = Start(new CaptureTargets { ProcessIds = [worker.Id] });
        Demand(worker);
        Demand(worker);
        End(worker);
        capture.Settle();
        // The connection stood still when capture began, so it owed no answer.
        Assert.Equal(["GET /a 200", "GET /a 200"], capture.Of(EndpointRole.Server));
        Assert.Equal(["GET /a 200", "GET /a 200"], capture.Of(EndpointRole.Client));
        Assert.Equal(2, capture.Pipeline.Statistics.ConnectionsOlder);
        Assert.Empty(capture.Lost);
    }

    [SkippableFact]
    public void A_connection_that_moved_nothing_yet_is_seen_from_its_start()
    {
        using var worker = Waiting("on_demand"); // has connected
        using var capture = Start(new CaptureTargets { ProcessIds = [worker.Id] });
        Demand(worker);
        Demand(worker);
        End(worker);
        capture.Settle();
        Assert.Equal(["GET /a 200", "GET /a 200"], capture.Of(EndpointRole.Server));
        Assert.Equal(["GET /a 200", "GET /a 200"], capture.Of(EndpointRole.Client));
        Assert.Equal(0, capture.Pipeline.Statistics.ConnectionsOlder);
        Assert.Empty(capture.Lost);
    }

    [SkippableTheory]
    [InlineData("tcp")]
    [InlineData("unix")]
    public void Connections_of_another_protocol_leave_the_kernels_table_while_their_process_lives(string family)
    {
        using var capture = Start(new CaptureTargets { Names = [program.Name] });
        using var worker = Tool.Start(program.Path, "short_others", family, "300");
        Assert.Equal("done", worker.StandardOutput.ReadLine());
        Assert.Equal(600, capture.Session.Read(Counter.ConnectionsOpened));
        capture.Session.ReadTallies(capture.Pipeline);
        Assert.Equal(0, capture.Session.CountKernelConnections());
        Assert.Equal(600, capture.Session.Read(Counter.ConnectionsClosed));
        End(worker);
        capture.Settle();
        Assert.Empty(capture.Lost);
    }

    [SkippableFact]
    public void Exec_changes_no_membership()
    {
        Skip.If(program.Reason is not null, program.Reason);
        using var shell = Tool.Start("sh", "-c", $"read line; exec {program.Path} plain");
        using var capture = Start(new CaptureTargets { ProcessIds = [shell.Id] });
        End(shell, "go");
        capture.Settle();
        Assert.Equal(["GET /a 200"], capture.Of(EndpointRole.Server));
        Assert.Equal(program.Name, capture.Exchanges[0].Process);
    }

    [SkippableFact]
    public void Children_that_were_there_before_are_targets_too()
    {
        Skip.If(program.Reason is not null, program.Reason);
        using var shell = Tool.Start("sh", "-c", $"{program.Path} on_demand; true");
        Assert.Equal("ready", shell.StandardOutput.ReadLine());
        using var capture = Start(new CaptureTargets { ProcessIds = [shell.Id] });
        Demand(shell);
        End(shell);
        capture.Settle();
        Assert.Equal(2, capture.Found);
    }

    [SkippableFact]
    public void A_name_finds_processes_that_run_and_those_that_start_later()
    {
        using var worker = Waiting("on_demand");
        using var capture = Start(new CaptureTargets { Names = [program.Name] });
        Demand(worker);
        Tool.Run(program.Path, "plain");
        Tool.Run(program.CopiedAs("odd-other"), "plain");
        End(worker);
        capture.Settle();
        Assert.Equal(4, capture.Found); // on both ends
        Assert.All(capture.Exchanges, exchange => Assert.Equal(program.Name, exchange.Process));
    }

    [SkippableFact]
    public void A_process_whose_parent_is_no_target_and_whose_name_is_another_is_none()
    {
        using var capture = Start(new CaptureTargets { Names = [program.Name + "x"] });
        Tool.Run(program.Path, "plain");
        capture.Drain();
        Assert.Empty(capture.Exchanges);
        Assert.Equal(0, capture.Session.Read(Counter.ConnectionsOpened));
        Assert.Equal(0, capture.Pipeline.Statistics.MovedBytes);
    }

    [SkippableFact]
    public void A_cgroup_finds_who_is_in_it_who_enters_and_who_is_in_one_below()
    {
        Skip.If(program.Reason is not null, program.Reason);
        string root = CgroupRoot() ?? throw new SkipException("needs a mounted cgroup v2 hierarchy");
        string group = Path.Combine(root, $"netprofiler-tests-{Environment.ProcessId}"), below = Path.Combine(group, "below");
        Directory.CreateDirectory(below);
        Process[] workers = [Waiting("on_demand"), Waiting("on_demand"), Waiting("on_demand"), Waiting("on_demand")];
        try
        {
            Enter(group, workers[0]);
            Enter(below, workers[1]);
            using var capture = Start(new CaptureTargets { Cgroups = [group] });
            Enter(below, workers[2]);
            for (int i = 0; i < workers.Length; i++)
            {
                for (int exchanges = 0; exchanges <= i; exchanges++) Demand(workers[i]);
            }

            foreach (var worker in workers) End(worker);
            capture.Settle();
            Assert.Equal(2 * (1 + 2 + 3), capture.Found); // on both ends
            Assert.DoesNotContain(capture.Lost, lost => !lost.StartsWith("Unproven", StringComparison.Ordinal));
        }
        finally
        {
            foreach (var worker in workers) worker.Dispose();
            Directory.Delete(below);
            Directory.Delete(group);
        }
    }

    [SkippableFact]
    public void A_port_finds_connections_on_either_end_whoever_owns_them()
    {
        using var worker = Waiting("on_port", out string port);
        using var capture = Start(new CaptureTargets { Ports = [ushort.Parse(port)] });
        End(worker, "go"); // connects there, and once more to another port
        capture.Settle();
        Assert.Equal(["GET /a 200"], capture.Of(EndpointRole.Server));
        Assert.Equal(["GET /a 200"], capture.Of(EndpointRole.Client));
        Assert.Equal(2, capture.Session.Read(Counter.ConnectionsOpened));
    }

    [SkippableFact]
    public async Task All_means_every_process_but_this_one()
    {
        using var capture = Start(new CaptureTargets { All = true });
        Tool.Run(program.Path, "plain");
        await ExchangeOfOurOwn($"/self-{Environment.ProcessId}");
        Assert.True(capture.Until(() => capture.Exchanges.Count(exchange => exchange.Process == program.Name) == 2));
        Assert.DoesNotContain(capture.Exchanges, exchange => exchange.Target == $"/self-{Environment.ProcessId}");
    }

    [SkippableTheory]
    [InlineData("tcp")]
    [InlineData("unix")]
    public void Of_5000_short_connections_none_is_left(string family)
    {
        using var capture = Start(new CaptureTargets { Names = [program.Name] });
        using var worker = Tool.Start(program.Path, "short_connections", family, "5000");
        Assert.True(capture.Until(() => worker.HasExited));
        capture.Settle();
        Assert.Equal(5000, capture.Of(EndpointRole.Server).Count());
        Assert.Equal(5000, capture.Of(EndpointRole.Client).Count());
        Assert.Empty(capture.Lost);
        Assert.Equal(0, capture.Pipeline.Connections);
        Assert.Equal(0, capture.Session.CountKernelConnections());
        Assert.Equal(10_000, capture.Session.Read(Counter.ConnectionsOpened));
        // Before the agent knows that HTTP is spoken on unix sockets only the socket layer is looked at, which does not see their end.
        if (family == "tcp" || door == CaptureDoor.SystemCalls) Assert.Equal(10_000, capture.Session.Read(Counter.ConnectionsClosed));
    }

    [SkippableTheory]
    [InlineData("tcp")]
    [InlineData("unix")]
    public void A_process_that_exits_ends_its_connections(string family)
    {
        using var capture = Start(new CaptureTargets { Names = [program.Name] });
        Tool.Run(program.Path, "leaves_open", family);
        capture.Settle();
        Assert.Equal(["GET /a 200"], capture.Of(EndpointRole.Server));
        Assert.Equal(["NoResponse 2"], capture.Lost);
        Assert.Equal(0, capture.Pipeline.Connections);
    }

    [SkippableFact]
    public void Nor_does_the_kernel_side_keep_its_TCP_connections() => Assert.Equal(0, KernelConnectionsAfterExit("tcp"));

    [SkippableFact]
    public void Nor_its_unix_connections() => Assert.Equal(0, KernelConnectionsAfterExit("unix"));

    private int KernelConnectionsAfterExit(string family)
    {
        using var capture = Start(new CaptureTargets { Names = [program.Name] });
        Tool.Run(program.Path, "leaves_open", family);
        capture.Settle();
        return capture.Session.CountKernelConnections();
    }

    private LiveCapture Start(CaptureTargets targets)
    {
        program.SkipUnlessReady(door);
        return new LiveCapture(targets, new CaptureOptions { Door = door });
    }

    private Process Waiting(string scenario) => Waiting(scenario, out _);

    private Process Waiting(string scenario, out string said)
    {
        Skip.If(program.Reason is not null, program.Reason);
        var process = Tool.Start(program.Path, scenario);
        said = process.StandardOutput.ReadLine()!;
        return process;
    }

    private static void Demand(Process worker)
    {
        worker.StandardInput.WriteLine();
        worker.StandardInput.Flush();
        Assert.Equal("done", worker.StandardOutput.ReadLine());
    }

    private static void End(Process worker, string line = "")
    {
        if (line.Length > 0) worker.StandardInput.WriteLine(line);
        worker.StandardInput.Close();
        Assert.True(worker.WaitForExit(10_000));
        Assert.Equal(0, worker.ExitCode);
    }

    private static void Enter(string cgroup, Process process) => File.WriteAllText(Path.Combine(cgroup, "cgroup.procs"), $"{process.Id}\n");

    private static string? CgroupRoot() =>
        File.ReadLines("/proc/mounts").Select(line => line.Split(' ')).FirstOrDefault(mount => mount[2] == "cgroup2")?[1];

    private static async Task ExchangeOfOurOwn(string target)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        using var server = await listener.AcceptTcpClientAsync();
        byte[] request = Encoding.ASCII.GetBytes($"GET {target} HTTP/1.1\r\n\r\n"),
            response = "HTTP/1.1 204 No Content\r\n\r\n"u8.ToArray();
        await client.GetStream().WriteAsync(request);
        await server.GetStream().ReadExactlyAsync(new byte[request.Length]);
        await server.GetStream().WriteAsync(response);
        await client.GetStream().ReadExactlyAsync(new byte[response.Length]);
    }
}

[Collection("live")]
public sealed class ProcessLifeBySystemCallsTests(OddCalls program) : ProcessLifeTests(CaptureDoor.SystemCalls, program);

[Collection("live")]
public sealed class ProcessLifeByRegistersTests(OddCalls program) : ProcessLifeTests(CaptureDoor.Registers, program);

[Collection("live")]
public sealed class ProcessLifeByIteratorTests(OddCalls program) : ProcessLifeTests(CaptureDoor.Iterator, program);
