using System.Globalization;

namespace NetProfiler.Node.Tests.Support;

/// <summary>A network namespace of a test's own, with a loopback and nothing else. It does not outlive the test.</summary>
internal sealed class NetNamespace : IAsyncDisposable
{
    private static int _count;

    private NetNamespace(string name) => Name = name;

    public string Name { get; }

    public static async Task<NetNamespace> CreateAsync()
    {
        var made = new NetNamespace($"np-{Environment.ProcessId}-{Interlocked.Increment(ref _count)}");
        await ChildProcess.RunAsync("ip", "netns", "add", made.Name);
        await made.IpAsync("link", "set", "lo", "up");
        return made;
    }

    /// <summary>The arguments of <c>ip</c> that run a program in it: it is exec'd, and keeps the id of the process.</summary>
    public string[] Inside(string program, params string[] arguments) => ["netns", "exec", Name, program, .. arguments];

    public ChildProcess Start(string program, params string[] arguments) => ChildProcess.Start("ip", Inside(program, arguments));

    public Task<List<string>> RunAsync(string program, params string[] arguments) =>
        ChildProcess.RunAsync("ip", Inside(program, arguments));

    /// <summary>Tells <c>ip</c> to change what is in it.</summary>
    public Task IpAsync(params string[] arguments) => ChildProcess.RunAsync("ip", ["-n", Name, .. arguments]);

    /// <summary>Whoever connects to this address and port, from inside the namespace, reaches another.</summary>
    public async Task TranslateAsync(string address, int port, string toAddress, int toPort)
    {
        await IpAsync("route", "replace", $"{address}/32", "via", toAddress);
        await RunAsync("iptables", "-t", "nat", "-A", "OUTPUT", "-d", address, "-p", "tcp", "--dport", $"{port}", "-j", "DNAT",
            "--to-destination", $"{toAddress}:{toPort}");
    }

    /// <summary>Whoever connects to this port from outside is caught, and reaches another port.</summary>
    public Task RedirectAsync(int port, int toPort) =>
        RunAsync("iptables", "-t", "nat", "-A", "PREROUTING", "-p", "tcp", "--dport", $"{port}", "-j", "REDIRECT", "--to-ports",
            $"{toPort}");

    /// <summary>A counter of /proc/net/snmp or netstat, of this namespace alone.</summary>
    public async Task<long> CounterAsync(string file, string group, string name)
    {
        var lines = (await RunAsync("cat", $"/proc/net/{file}")).Where(line => line.StartsWith(group + ":", StringComparison.Ordinal))
            .Select(line => line.Split(' ')).ToList();
        return long.Parse(lines[1][Array.IndexOf(lines[0], name)], CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync() => await ChildProcess.RunAsync("ip", "netns", "delete", Name);
}
