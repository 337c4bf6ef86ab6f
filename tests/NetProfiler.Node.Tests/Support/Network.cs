using System.Globalization;

namespace NetProfiler.Node.Tests.Support;

/// <summary>Two network namespaces joined by a veth pair, each with one address. Nothing of it outlives the test.</summary>
internal sealed class Network : IAsyncDisposable
{
    private static int _number;

    private Network(int number)
    {
        // A /30 of 198.18.0.0/15, which is for tests of networks (RFC 2544), by process and number.
        int block = ((Environment.ProcessId * 8) + number) % 32768;
        Prefix = string.Create(CultureInfo.InvariantCulture, $"198.{18 + (block / 16384)}.{block / 64 % 256}.");
        int first = block % 64 * 4;
        (Left, Right) = ($"np{Environment.ProcessId}l{number}", $"np{Environment.ProcessId}r{number}");
        (LeftAddress, RightAddress) = ($"{Prefix}{first + 1}", $"{Prefix}{first + 2}");
    }

    private string Prefix { get; }

    /// <summary>Name of a namespace, for <see cref="Inside"/>.</summary>
    public string Left { get; }

    public string Right { get; }

    public string LeftAddress { get; }

    public string RightAddress { get; }

    public static async Task<Network> CreateAsync()
    {
        var network = new Network(Interlocked.Increment(ref _number));
        try
        {
            await Ip("netns", "add", network.Left);
            await Ip("netns", "add", network.Right);
            await Ip("-n", network.Left, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", network.Right);
            foreach (var (name, address) in new[] { (network.Left, network.LeftAddress), (network.Right, network.RightAddress) })
            {
                await Ip("-n", name, "address", "add", $"{address}/30", "dev", "eth0");
                await Ip("-n", name, "link", "set", "eth0", "up");
                await Ip("-n", name, "link", "set", "lo", "up");
            }

            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    /// <summary>The arguments that run a program in a namespace: it is exec'd, and keeps the id of the process.</summary>
    public static string[] Inside(string name, params string[] command) => ["netns", "exec", name, .. command];

    /// <summary>Whoever connects to this address and port, from inside the namespace, reaches another.</summary>
    public static async Task TranslateAsync(string name, string address, int port, string toAddress, int toPort)
    {
        await Ip("-n", name, "route", "replace", $"{address}/32", "via", toAddress);
        await ChildProcess.RunAsync("ip", Inside(name, "iptables", "-t", "nat", "-A", "OUTPUT", "-d", address, "-p", "tcp", "--dport", $"{port}", "-j", "DNAT", "--to-destination", $"{toAddress}:{toPort}"));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (string name in new[] { Left, Right })
        {
            await using var gone = ChildProcess.Start("ip", "netns", "delete", name);
            await gone.WaitAsync();
        }
    }

    private static async Task Ip(params string[] arguments) => await ChildProcess.RunAsync("ip", arguments);
}
