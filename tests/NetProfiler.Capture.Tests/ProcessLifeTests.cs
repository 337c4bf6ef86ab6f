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
        using var worker = Worker.Start(program, "on_demand");
        Worker.Demand(worker);
        Thread.Sleep(3 * QuietSockets.SilenceMilliseconds);
        using var capture = Start(new CaptureTargets { ProcessIds = [worker.Id] });
        Worker.Demand(worker);
        Worker.Demand(worker);
        Worker.End(worker);
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
        using var worker = Worker.Start(program, "on_demand"); // has connected
        using var capture = Start(new CaptureTargets { ProcessIds = [worker.Id] });
        Worker.Demand(worker);
        Worker.Demand(worker);
        Worker.End(worker);
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
        Worker.End(worker);
        capture.Settle();
        Assert.Empty(capture.Lost);
    }

    [SkippableFact]
    public void Exec_changes_no_membership()
    {
        Skip.If(program.Reason is not null, program.Reason);
        using var shell = Tool.Start("sh", "-c", $"read line; exec {program.Path} plain");
        using var capture = Start(new CaptureTargets { ProcessIds = [shell.Id] });
        Worker.End(shell, "go");
        capture.Settle();
        Assert.Equal(["GET /a 200"], capture.Of(EndpointRole.Server));
        Assert.Equal(program.Name, capture.Exchanges[0].Process);
    }

    [SkippableFact]
    public void A_connection_that_is_open_has_the_new_name_after_exec_and_after_prctl()
    {
        program.SkipUnlessReady(door);
        using var shell = Tool.Start("sh", "-c", $"read line; BECOMES={program.CopiedAs("odd-new")} exec {program.Path} becomes");
        using var capture = Start(new CaptureTargets { ProcessIds = [shell.Id] });
        Worker.End(shell, "go");
        capture.Settle();
        string[] names = [program.Name, "odd-new", "named-by-itself"];
        foreach (var role in new[] { EndpointRole.Server, EndpointRole.Client })
            Assert.Equal(names, capture.Exchanges.Where(exchange => exchange.Role == role).Select(exchange => exchange.Process));
        Assert.Empty(capture.Lost);
    }

    [SkippableFact]
    public void Processes_that_fork_without_end_do_not_keep_the_capture_from_starting()
    {
        using var storm = Worker.Start(program, "storm");
        using var capture = Start(new CaptureTargets { Names = [program.Name] });
        Assert.False(storm.HasExited); // it would go on for 20 seconds
        Assert.False(capture.Session.IsScanCut);
        Worker.End(storm);
    }

    [SkippableFact]
    public void Children_that_were_there_before_are_targets_too()
    {
        Skip.If(program.Reason is not null, program.Reason);
        using var shell = Tool.Start("sh", "-c", $"{program.Path} on_demand; true");
        Assert.Equal("ready", shell.StandardOutput.ReadLine());
        using var capture = Start(new CaptureTargets { ProcessIds = [shell.Id] });
        Worker.Demand(shell);
        Worker.End(shell);
        capture.Settle();
        Assert.Equal(2, capture.Found);
    }

    [SkippableFact]
    public void A_name_finds_processes_that_run_and_those_that_start_later()
    {
        using var worker = Worker.Start(program, "on_demand");
        using var capture = Start(new CaptureTargets { Names = [program.Name] });
        Worker.Demand(worker);
        Tool.Run(program.Path, "plain");
        Tool.Run(program.CopiedAs("odd-other"), "plain");
        Worker.End(worker);
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
    public void A_port_finds_connections_on_either_end_whoever_owns_them()
    {
        using var worker = Worker.Start(program, "on_port", out string port);
        using var capture = Start(new CaptureTargets { Ports = [ushort.Parse(port)] });
        Worker.End(worker, "go"); // connects there, and once more to another port
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
