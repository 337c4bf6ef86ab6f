using System.Globalization;
using System.Text.RegularExpressions;

namespace NetProfiler.Repository.Tests;

/// <summary>The table of bounds in ARCHITECTURE.md states the numbers of the code.</summary>
public partial class BoundsTests
{
    private const string Analysis = "src/NetProfiler.Analysis/", Capture = "src/NetProfiler.Capture/", Telemetry = "src/NetProfiler.Telemetry/",
        Node = "src/NetProfiler.Node/";

    /// <summary>The beginning of a row, the number in it as it is written, and the constant.</summary>
    public static TheoryData<string, string, string, string> Rows => new()
    {
        { "messages of one `sendmmsg`", "16", "bpf/capture.h", "MAX_MESSAGES" },
        { "threads within a receive", "4,096", Capture + "StagedReceives.cs", "MaxThreads" },
        { "threads within a receive", "32 MiB", Capture + "StagedReceives.cs", "MaxBytes" },
        { "unix sockets recorded", "131,072", "bpf/capture.h", "MAX_OLDER_UNIX" },
        { "connections |", "65,536", Analysis + "Connections/ConnectionTable.cs", "MaxConnections" },
        { "connections |", "65,536", "bpf/capture.h", "MAX_CONNECTIONS" },
        { "connections that are not yet accepted", "16,384", "bpf/capture.h", "BIRTH_SLOTS" },
        { "segments of a connection whose arrival", "4", "bpf/capture.h", "ARRIVALS" },
        { "unanswered requests of a connection", "1,024", Analysis + "Exchanges/PendingExchanges.cs", "MaxPendingRequests" },
        { "a head; bytes held", "64 KiB", "src/NetProfiler.Http1/HeadReader.cs", "MaxHeadBytes" },
        { "heads, unanswered requests", "64 MiB", Analysis + "ExchangePipeline.cs", "MaxHeldBytes" },
        { "events of a connection that wait", "64", Analysis + "Connections/EventOrder.cs", "MaxEvents" },
        { "series |", "2,000", Analysis + "Metrics/ExchangeMetrics.cs", "DefaultMaxSeries" },
        { "cached server names", "1,024", Analysis + "Peers/ServerAddress.cs", "MaxNames" },
        { "cached server names", "128 bytes", Analysis + "Peers/ServerAddress.cs", "MaxNameBytes" },
        { "rows of the table", "64", Analysis + "Metrics/TrafficOverview.cs", "MaxRows" },
        { "cached peer pairs", "4,096", Analysis + "Peers/PeerPairs.cs", "MaxPairs" },
        { "edges of the topology", "1,024", Analysis + "Metrics/Edges.cs", "MaxEdges" },
        { "network namespaces queried", "256", Capture + "Sockets/AddressTranslations.cs", "MaxNamespaces" },
        { "headers of a captured packet", "32", Capture + "Packets/PacketLayers.cs", "MaxHeaders" },
        { "recorded tunnels", "8", Capture + "Packets/ConnectionTable.cs", "MaxAliases" },
        { "a SOCKS handshake", "2 KiB", Capture + "Packets/SocksHandshake.cs", "MaxBytes" },
        { "captured connections", "65,536", Capture + "Packets/ConnectionTable.cs", "MaxConnections" },
        { "bytes of a captured stream", "4 MiB", Capture + "Packets/TcpStream.cs", "MaxHeldBytes" },
        { "bytes of a captured stream", "1,024 segments", Capture + "Packets/TcpStream.cs", "MaxHeldSegments" },
        { "bytes of a captured stream", "64 MiB in total", Capture + "Packets/PacketSource.cs", "MaxHeldBytes" },
        { "the page: rows", "100,000", "src/NetProfiler.Web/Requests/RequestTable.cs", "MaxRows" },
        { "connections to an endpoint", "128", Telemetry + "ConnectionLimiter.cs", "MaxConnections" },
        { "connections to an endpoint", "16", Telemetry + "ConnectionLimiter.cs", "MaxConnectionsPerAddress" },
        { "concurrent scrapes", "4", Telemetry + "ScrapeHandler.cs", "MaxConcurrentScrapes" },
        { "held bytes of one body", "64 KiB", Analysis + "Exchanges/HoldingPolicy.cs", "MaxBodyBytes" },
        { "held bytes of one body", "32 MiB", Analysis + "Exchanges/MessageHolding.cs", "MaxHeldBytes" },
        { "socket calls listed", "32", Analysis + "Exchanges/HeldMessage.cs", "MaxCalls" },
        { "samples, and their captured bytes", "16 MiB", Analysis + "Sampling/SampleLimiter.cs", "MaxBytesPerSecond" },
        { "decompressed bytes", "256 KiB", Analysis + "Samples/ContentDecoder.cs", "MaxDecodedBytes" },
        { "decompressed bytes", "200", Analysis + "Samples/ContentDecoder.cs", "MaxRatio" },
        { "samples whose content an agent keeps", "32 MiB", Node + "Cluster/SampleStore.cs", "MaxBytes" },
        { "control groups scanned", "65,536", Node + "Cluster/ContainerCgroups.cs", "MaxDirectories" },
        { "TLS: sessions", "2,048", Capture + "Tls/ProcessProbes.cs", "MaxLinks" },
        { "TLS: sessions", "1,024", "bpf/capture.h", "MAX_TLS_LIBRARIES" },
        { "samples that wait to be masked", "1,024", Telemetry + "Export/SampleDispatcher.cs", "MaxWaitingSamples" },
        { "samples that wait to be masked", "32 MiB", Telemetry + "Export/SampleDispatcher.cs", "MaxWaitingBytes" },
        { "named exporters", "16", "src/NetProfiler.Cli/ExporterFile.cs", "MaxExporters" },
        { "named exporters", "64 KiB", "src/NetProfiler.Cli/ExporterFile.cs", "MaxBytes" },
        { "containers of a task on a node", "256", "src/NetProfiler.Operator/Places/NodeLimits.cs", "MaxTargetsPerTask" },
        { "a task's status", "64 KiB", "src/NetProfiler.Api/Results/StatusSize.cs", "MaxTaskBytes" },
        { "Kubernetes events in the queue", "1,000", "src/NetProfiler.Kubernetes/Events/EventRecorder.cs", "MaxWaiting" },
        { "a frame of a watch", "16 MiB", "src/NetProfiler.Kubernetes/Client/WatchFrames.cs", "MaxFrameBytes" },
        { "evidence of tracers", "4,096", Analysis + "Traces/SpanEvidence.cs", "MaxTraces" },
        { "SkyWalking: names", "4,096", Telemetry + "Export/SkyWalkingNames.cs", "MaxProcesses" },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_bound_is_the_constants(string row, string number, string path, string constant)
    {
        string line = Repository.Read("ARCHITECTURE.md").Split('\n')
            .Single(line => line.StartsWith($"| {row}", StringComparison.Ordinal));
        Assert.Matches($@"(?<![\d,]){Regex.Escape(number)}(?![\d,]\d)", line);
        Assert.Equal(NumberOf(number), ConstantOf(Repository.Read(path), constant));
    }

    private static long NumberOf(string text)
    {
        string[] words = text.Split(' ');
        long unit = words.ElementAtOrDefault(1) switch { "KiB" => 1 << 10, "MiB" => 1 << 20, _ => 1 };
        return long.Parse(words[0], NumberStyles.AllowThousands, CultureInfo.InvariantCulture) * unit;
    }

    /// <summary>The value of a constant of C# or C, whose expression is a product or a shift of numbers.</summary>
    private static long ConstantOf(string code, string name)
    {
        var match = Regex.Match(code, $@"(?:const \w+ {name} = (?<value>[^;]+);|#define {name}\s+(?<value>[^/\n]+))");
        Assert.True(match.Success, $"{name} is not there");
        string value = match.Groups["value"].Value.Trim();
        return value.Split(" << ") is [var number, var shift] ? Literal(number) << (int)Literal(shift)
            : value.Split(" * ").Aggregate(1L, (product, factor) => product * Literal(factor));
    }

    private static long Literal(string text) =>
        long.Parse(text.Trim().TrimEnd('L').Replace("_", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
}
