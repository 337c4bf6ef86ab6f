using System.Globalization;
using System.Net;
using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Node.Tests;

/// <summary>Whether what was named is there: a run says so after a second, and its summary never calls it lost or complete.</summary>
[Collection(LiveCollection.Name)]
public sealed class TargetTests
{
    private const string Thread = "import threading, time\nt = threading.Thread(target=time.sleep, "
        + "args=(20,))\nt.start()\nprint(t.native_id, flush=True)\nt.join()";
    private const string Zombie = "import os, time\np = os.fork()\nif p == 0: os._exit(0)\nprint(p, flush=True)\ntime.sleep(20)";

    // Answers one request under its new name.
    private const string Renamed = """
        import ctypes, socket, threading
        RENAME
        s = socket.create_server(('127.0.0.1', 0))
        print(s.getsockname()[1], flush=True)
        c, _ = s.accept()
        c.recv(4096)
        c.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
        c.close()
        """;

    [SkippableFact]
    public async Task A_name_that_no_process_has_is_told_with_those_that_listen()
    {
        Live.Require("nginx");
        await using var nginx = await Nginx.StartAsync(workers: 2);
        await using var agent = await Agent.StartAsync("--comm", "ngnix");
        await agent.Process.WaitForLineAsync("no process is named ngnix yet; ");
        var run = await agent.StopAsync();
        string line = run.Summary.Split('\n').Single(line => line.Contains(" yet", StringComparison.Ordinal));
        Assert.Matches("^netprofiler: no process is named ngnix yet; ([0-9]+ processes listen|1 process listens) on TCP ports: .+", line);
        Assert.InRange(line.Split(" (pid ").Length, 2, 6); // five at most, and workers are not beside their parent
        Assert.EndsWith("  no target: no process is named ngnix", run.Summary, StringComparison.Ordinal);
        Assert.DoesNotContain("nothing lost", run.Summary, StringComparison.Ordinal);
        Assert.Equal(0, run.ExitCode);
    }

    /// <summary>
    /// As a worker does that names itself after what it is for, by prctl(PR_SET_NAME) or /proc/self/comm; and started again, when the run
    /// is under way.
    /// </summary>
    [SkippableTheory]
    [InlineData("ctypes.CDLL(None).prctl(15, b'renamed-worker', 0, 0, 0)")]
    [InlineData("open('/proc/self/comm', 'w').write('renamed-worker')")]
    public async Task A_process_that_takes_the_name_later_is_found(string rename)
    {
        Live.Require("python3");
        await using var agent = await Agent.StartAsync("--comm", "renamed-worker");
        for (int start = 0; start < 2; start++)
        {
            await using var program = ChildProcess.Start(Python, "-c", Renamed.Replace("RENAME", rename, StringComparison.Ordinal));
            int port = await FirstNumberAsync(program);
            using var client = await RawClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
            await client.SendAsync(RawRequest.Get($"/{start}"));
            Assert.Equal(0, await program.WaitAsync());
        }

        var run = await agent.StopAsync();
        Assert.Equal(["renamed-worker GET /0", "renamed-worker GET /1"],
            run.Exchanges.Select(seen => $"{seen.Process.Comm} {seen.Method} {seen.Target}"));
        run.AssertNothingLost();
    }

    [SkippableFact]
    public async Task A_thread_that_takes_the_name_makes_no_target_of_its_process()
    {
        Live.Require("python3");
        await using var agent = await Agent.StartAsync("--comm", "renamed-worker");
        const string InThread = "t = threading.Thread(target=lambda: ctypes.CDLL(None).prctl(15, b'renamed-worker', 0, 0, 0)); "
            + "t.start(); t.join()";
        await using var program = ChildProcess.Start(Python, "-c", Renamed.Replace("RENAME", InThread, StringComparison.Ordinal));
        int port = await FirstNumberAsync(program);
        using var client = await RawClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
        await client.SendAsync(RawRequest.Get("/a"));
        Assert.Equal(0, await program.WaitAsync());
        Assert.Empty((await agent.StopAsync()).Exchanges);
    }

    [SkippableFact]
    public async Task A_list_of_names_is_several_names()
    {
        Live.Require("nginx");
        await using var nginx = await Nginx.StartAsync();
        await using var agent = await Agent.StartAsync("--comm", "nginx,haproxy");
        using var client = await RawClient.ConnectAsync(nginx.Address);
        await client.SendAsync(RawRequest.Get("/small"));
        await Task.Delay(200);
        var run = await agent.StopAsync();
        Assert.Single(run.Exchanges, seen => seen.LocalPort == nginx.Port);
        run.AssertNothingLost();
    }

    [SkippableFact]
    public async Task Targets_without_HTTP_are_told_apart_from_nothing_lost()
    {
        Live.Require("nginx");
        await using var nginx = await Nginx.StartAsync();
        await using var agent = await Agent.StartAsync("--pid", $"{nginx.Id}");
        await Task.Delay(300);
        var run = await agent.StopAsync();
        Assert.EndsWith("  no HTTP/1.x seen: 2 processes were targets", run.Summary, StringComparison.Ordinal); // master and worker
    }

    [SkippableFact]
    public async Task A_port_without_a_connection_is_no_target()
    {
        Live.Require();
        await using var agent = await Agent.StartAsync("--port", "9", "--port", "10", "--comm", "ngnix");
        await agent.Process.WaitForLineAsync("netprofiler: no process is named ngnix yet, and no connection has port 9 or 10 yet; ");
        var run = await agent.StopAsync();
        Assert.EndsWith("  no target: no process is named ngnix, and no connection has port 9 or 10", run.Summary,
            StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task The_number_of_a_thread_means_its_process()
    {
        Live.Require("python3");
        await using var program = ChildProcess.Start(Python, "-c", Thread);
        int thread = await FirstNumberAsync(program);
        await using var agent = await Agent.StartAsync("--pid", $"{thread}");
        var run = await agent.StopAsync();
        Assert.Matches($"^netprofiler: {thread} is a thread of process {program.Id} \\(python3[.0-9]*\\), which is profiled\n",
            run.Summary);
        Assert.EndsWith("  no HTTP/1.x seen: 1 process was a target", run.Summary, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_process_that_has_ended_is_no_target()
    {
        Live.Require("python3");
        await using var program = ChildProcess.Start(Python, "-c", Zombie);
        int zombie = await FirstNumberAsync(program);
        await Task.Delay(100);
        await using var agent = ChildProcess.Start(Agent.Program, "run", "--metrics-listen", "none", "--pid", $"{zombie}");
        Assert.Equal(1, await agent.WaitAsync());
        Assert.Matches($"^netprofiler: process {zombie} \\(python3[.0-9]*\\) has ended; it is there until its parent, process "
            + $"{program.Id}, collects it$", Assert.Single(await agent.Errors));
    }

    [SkippableFact]
    public async Task The_end_of_the_only_target_is_told()
    {
        Live.Require("sleep");
        await using var sleep = ChildProcess.Start("sleep", "60");
        await using var agent = await Agent.StartAsync("--pid", $"{sleep.Id}");
        sleep.Send(Signal.Terminate);
        await agent.Process.WaitForLineAsync($"netprofiler: process {sleep.Id} has ended, and there is no child left to profile");
        var run = await agent.StopAsync();
        Assert.EndsWith("  no HTTP/1.x seen: 1 process was a target", run.Summary, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("")]
    [InlineData("0::")]
    public async Task A_control_group_is_found_by_the_path_that_systemctl_shows(string prefix)
    {
        Live.Require("nginx");
        string? mount = File.ReadLines("/proc/self/mounts").Select(line => line.Split(' '))
            .FirstOrDefault(fields => fields[2] == "cgroup2")?[1];
        Skip.If(mount is null, "needs a cgroup v2 mount");
        string name = $"netprofiler-test-{Environment.ProcessId}.slice", directory = $"{mount}/{name}/x.service";
        Directory.CreateDirectory(directory);
        try
        {
            await using var nginx = await Nginx.StartAsync();
            foreach (int id in nginx.Workers.Append(nginx.Id)) await File.WriteAllTextAsync($"{directory}/cgroup.procs", $"{id}");
            await using var agent = await Agent.StartAsync("--cgroup", $"{prefix}/{name}/x.service");
            using var client = await RawClient.ConnectAsync(nginx.Address);
            await client.SendAsync(RawRequest.Get("/small"));
            await Task.Delay(200);
            var run = await agent.StopAsync();
            Assert.Single(run.Exchanges);
            run.AssertNothingLost();
        }
        finally
        {
            for (int i = 0; i < 50 && (await File.ReadAllTextAsync($"{directory}/cgroup.procs")).Length > 0; i++) await Task.Delay(100);
            Directory.Delete(directory);
            Directory.Delete($"{mount}/{name}");
        }
    }

    // The shims of version managers are processes of their own.
    private static string Python => File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";

    private static async Task<int> FirstNumberAsync(ChildProcess program)
    {
        await program.WaitForLineAsync("");
        return int.Parse(program.Seen.First(), CultureInfo.InvariantCulture);
    }
}
