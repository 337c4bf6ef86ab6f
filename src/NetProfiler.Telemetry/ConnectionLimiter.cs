using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace NetProfiler.Telemetry;

/// <summary>
/// Limits the connections to an endpoint, in total and per address. At a limit, the new connection is accepted and an older one is aborted:
/// an idle one if there is one, otherwise the oldest. A client that holds connections therefore cannot block a probe. Any thread.
/// </summary>
internal sealed class ConnectionLimiter
{
    public const int MaxConnections = 128;
    public const int MaxConnectionsPerAddress = 16;

    private readonly Lock _lock = new();
    private readonly LinkedList<Held> _connections = []; // oldest first

    /// <summary>Middleware of the listener.</summary>
    public async Task HoldAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var held = new Held(connection, (connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None);
        connection.Items[typeof(Held)] = held;
        LinkedListNode<Held> node;
        lock (_lock)
        {
            if (_connections.Count(other => other.Address.Equals(held.Address)) >= MaxConnectionsPerAddress) AbortOneOf(held.Address);
            else if (_connections.Count >= MaxConnections)
                AbortOneOf(_connections.CountBy(other => other.Address).MaxBy(count => count.Value).Key);
            node = _connections.AddLast(held);
        }

        try
        {
            await next(connection).ConfigureAwait(false);
        }
        finally
        {
            lock (_lock)
            {
                if (node.List is not null) _connections.Remove(node);
            }
        }
    }

    /// <summary>Records whether a request is being answered on its connection.</summary>
    public static void Mark(IFeatureCollection features, bool isBusy)
    {
        if (features.Get<IConnectionItemsFeature>()?.Items.TryGetValue(typeof(Held), out object? held) == true)
            ((Held)held!).IsBusy = isBusy;
    }

    private void AbortOneOf(IPAddress address)
    {
        var (waiting, oldest) = ((LinkedListNode<Held>?)null, (LinkedListNode<Held>?)null);
        for (var node = _connections.First; node is not null && waiting is null; node = node.Next)
        {
            if (!node.Value.Address.Equals(address)) continue;
            oldest ??= node;
            if (!node.Value.IsBusy) waiting = node;
        }

        if ((waiting ?? oldest) is not { } chosen) return;
        _connections.Remove(chosen);
        chosen.Value.Connection.Abort(new ConnectionAbortedException("too many connections: the oldest gives way"));
    }

    private sealed class Held(ConnectionContext connection, IPAddress address)
    {
        public ConnectionContext Connection => connection;

        public IPAddress Address => address;

        public volatile bool IsBusy;
    }
}
