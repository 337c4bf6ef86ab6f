using System.Globalization;

namespace NetProfiler.Node.Tests.Support;

/// <summary>Two network namespaces joined by a veth pair, each with one address.</summary>
internal sealed class Network : IAsyncDisposable
{
    private static int _number;

    private Network(NetNamespace left, NetNamespace right)
    {
        // A /30 of 198.18.0.0/15, which is for tests of networks (RFC 2544), by process and number.
        int block = ((Environment.ProcessId * 8) + Interlocked.Increment(ref _number)) % 32768;
        string prefix = string.Create(CultureInfo.InvariantCulture, $"198.{18 + (block / 16384)}.{block / 64 % 256}.");
        int first = block % 64 * 4;
        (Left, Right) = (left, right);
        (LeftAddress, RightAddress) = ($"{prefix}{first + 1}", $"{prefix}{first + 2}");
    }

    public NetNamespace Left { get; }

    public NetNamespace Right { get; }

    public string LeftAddress { get; }

    public string RightAddress { get; }

    public static async Task<Network> CreateAsync()
    {
        var network = new Network(await NetNamespace.CreateAsync(), await NetNamespace.CreateAsync());
        try
        {
            await network.Left.IpAsync("link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", network.Right.Name);
            foreach (var (place, address) in new[] { (network.Left, network.LeftAddress), (network.Right, network.RightAddress) })
            {
                await place.IpAsync("address", "add", $"{address}/30", "dev", "eth0");
                await place.IpAsync("link", "set", "eth0", "up");
            }

            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Left.DisposeAsync();
        await Right.DisposeAsync();
    }
}
