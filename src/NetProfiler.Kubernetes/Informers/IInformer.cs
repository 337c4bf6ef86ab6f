namespace NetProfiler.Kubernetes.Informers;

/// <summary>An informer of any kind.</summary>
public interface IInformer
{
    string Plural { get; }

    bool HasSynced { get; }

    bool IsHealthy { get; }

    Task RunAsync(CancellationToken cancellationToken);

    Task WaitForSyncAsync(CancellationToken cancellationToken);
}
