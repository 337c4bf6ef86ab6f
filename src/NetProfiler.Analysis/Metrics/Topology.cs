using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Peers;

namespace NetProfiler.Analysis.Metrics;

/// <summary>The exchanges from one party to another, as each of them measured them.</summary>
/// <param name="AtClient">Null if the client was not profiled.</param>
/// <param name="AtServer">Null if the server was not profiled.</param>
public sealed record Call(Party Client, Party Server, Edge? AtClient, Edge? AtServer)
{
    /// <summary>The client's view, which includes everything that the client waited for; the server's if there is no other.</summary>
    public Edge Seen => AtClient ?? AtServer!;
}

/// <summary>Builds the calls between parties.</summary>
public static class Topology
{
    /// <summary>Joins the two views of each edge. Busiest first; equal ones by name.</summary>
    public static IReadOnlyList<Call> Of(IEnumerable<Edge> edges)
    {
        var calls = new Dictionary<(Party Client, Party Server), Call>();
        foreach (var edge in edges)
        {
            bool isClient = edge.Role == EndpointRole.Client;
            var key = isClient ? (edge.Local, edge.Remote) : (edge.Remote, edge.Local);
            var call = calls.GetValueOrDefault(key) ?? new Call(key.Item1, key.Item2, null, null);
            calls[key] = isClient ? call with { AtClient = edge } : call with { AtServer = edge };
        }

        return
        [
            .. calls.Values.OrderByDescending(call => call.Seen.Requests + call.Seen.Unfinished)
                .ThenBy(call => call.Client.ToString(), StringComparer.Ordinal)
                    .ThenBy(call => call.Server.ToString(), StringComparer.Ordinal),
        ];
    }
}
