using System.Net;
using System.Net.Sockets;

namespace NetProfiler.Kubernetes.Tests.Support;

/// <summary>Stands between client and server. Frozen, its connections stay open and carry nothing, as after a lost route.</summary>
internal sealed class TcpShim : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Uri _target;
    private readonly Lock _lock = new();
    private readonly List<Link> _links = [];

    public TcpShim(Uri target)
    {
        _target = target;
        _listener.Start();
        _ = AcceptAsync();
    }

    public Uri Address => new($"https://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public int Links
    {
        get
        {
            lock (_lock) return _links.Count;
        }
    }

    /// <summary>Those there are; later ones work.</summary>
    public void Freeze()
    {
        lock (_lock) _links.ForEach(link => link.IsFrozen = true);
    }

    public void Dispose()
    {
        _end.Cancel();
        _listener.Dispose();
        lock (_lock) _links.ForEach(link => link.Dispose());
    }

    private async Task AcceptAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                var near = await _listener.AcceptTcpClientAsync(_end.Token);
                var far = new TcpClient();
                await far.ConnectAsync(IPAddress.Loopback, _target.Port, _end.Token);
                var link = new Link(near, far);
                lock (_lock) _links.Add(link);
                _ = link.CarryAsync(near, far);
                _ = link.CarryAsync(far, near);
            }
            catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private sealed class Link(TcpClient near, TcpClient far) : IDisposable
    {
        public volatile bool IsFrozen;

        public async Task CarryAsync(TcpClient from, TcpClient to)
        {
            var buffer = new byte[16384];
            try
            {
                while (await from.GetStream().ReadAsync(buffer) is > 0 and var count)
                {
                    if (!IsFrozen) await to.GetStream().WriteAsync(buffer.AsMemory(0, count));
                }
            }
            catch (Exception exception) when (exception is IOException or ObjectDisposedException or InvalidOperationException)
            {
                // It ended.
            }
            if (!IsFrozen) Dispose();
        }

        public void Dispose()
        {
            near.Dispose();
            far.Dispose();
        }
    }
}
