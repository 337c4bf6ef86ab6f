using System.Diagnostics;
using System.Text.Json;
using NetProfiler.Kubernetes.Client;

namespace NetProfiler.Kubernetes.Configuration;

/// <summary>A program that answers with a credential (client.authentication.k8s.io).</summary>
internal sealed record ExecPlugin
{
    private const string Group = "client.authentication.k8s.io/";

    public required string Command { get; init; }

    public IReadOnlyList<string> Arguments { get; init; } = [];

    public IReadOnlyList<(string Name, string Value)> Environment { get; init; } = [];

    public required string ApiVersion { get; init; }

    public string? InstallHint { get; init; }

    /// <summary>Null: the plugin need not know.</summary>
    public ExecCredentialCluster? Cluster { get; init; }

    public static ExecPlugin Read(KubeconfigNode exec, KubeconfigNode cluster)
    {
        var command = exec.Text("command") ?? throw exec.Fault("exec has no command");
        var version = exec.Text("apiVersion") ?? throw exec.Fault("exec has no apiVersion");
        if (version is not (Group + "v1" or Group + "v1beta1")) throw exec.Fault($"exec: apiVersion '{version}' is neither {Group}v1 nor v1beta1");

        var mode = exec.Text("interactiveMode");
        if (mode is null && version == Group + "v1") throw exec.Fault("exec has no interactiveMode, which v1 requires");
        if (mode == "Always") throw exec.Fault($"exec: '{command}' must talk to a person (interactiveMode Always), and there is none");

        return new ExecPlugin
        {
            Command = command.Contains('/') ? exec.PathOf("command")! : command,
            Arguments = exec.Texts("args"),
            Environment = [.. exec.Maps("env").Select(variable => (variable.Text("name") ?? "", variable.Text("value") ?? ""))],
            ApiVersion = version,
            InstallHint = exec.Text("installHint"),
            Cluster = exec.Flag("provideClusterInfo")
                ? new ExecCredentialCluster
                {
                    Server = cluster.Text("server") ?? "",
                    TlsServerName = cluster.Text("tls-server-name"),
                    InsecureSkipTlsVerify = cluster.Flag("insecure-skip-tls-verify") ? true : null,
                    CertificateAuthorityData = Kubeconfig.DataOrFile(cluster, "certificate-authority") is { } pem
                        ? Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(pem)) : null,
                    ProxyUrl = cluster.Text("proxy-url"),
                }
                : null,
        };
    }

    /// <summary>Its errors go to ours. When it takes too long, it and what it started are ended.</summary>
    public async Task<ExecCredentialStatus> RunAsync(TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        using var process = Start();
        using var patience = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            var output = await process.StandardOutput.ReadToEndAsync(either.Token);
            await process.WaitForExitAsync(either.Token);
            if (process.ExitCode != 0) throw new KubernetesConfigurationException($"credential plugin {Command} exited with {process.ExitCode}");
            return Answer(output);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            if (cancellationToken.IsCancellationRequested) throw;
            throw new KubernetesConfigurationException($"credential plugin {Command} did not answer within {timeout.TotalSeconds} s");
        }
    }

    private Process Start()
    {
        // Inherited standard input would let it wait for a person: there is none.
        var start = new ProcessStartInfo(Command) { RedirectStandardOutput = true, RedirectStandardInput = true, UseShellExecute = false };
        foreach (var argument in Arguments) start.ArgumentList.Add(argument);
        foreach (var (name, value) in Environment) start.Environment[name] = value;
        var question = new ExecCredential { ApiVersion = ApiVersion, Spec = new ExecCredentialSpec { Cluster = Cluster } };
        start.Environment["KUBERNETES_EXEC_INFO"] = JsonSerializer.Serialize(question, ProtocolJson.Default.ExecCredential);
        try
        {
            var process = Process.Start(start)!;
            process.StandardInput.Close();
            return process;
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            var hint = InstallHint is null ? "" : $"; {InstallHint}";
            throw new KubernetesConfigurationException($"credential plugin {Command} cannot be started: {exception.Message}{hint}", exception);
        }
    }

    private ExecCredentialStatus Answer(string output)
    {
        try
        {
            var answer = JsonSerializer.Deserialize(output, ProtocolJson.Default.ExecCredential);
            if (answer?.ApiVersion != ApiVersion)
                throw new KubernetesConfigurationException($"credential plugin {Command} answered with apiVersion '{answer?.ApiVersion}' instead of '{ApiVersion}'");
            return answer.Status is { Token: not null } or { ClientCertificateData: not null, ClientKeyData: not null }
                ? answer.Status
                : throw new KubernetesConfigurationException($"credential plugin {Command} answered with neither a token nor a certificate and its key");
        }
        catch (JsonException exception)
        {
            // The output itself may be a secret.
            throw new KubernetesConfigurationException($"credential plugin {Command} answered with something that is no ExecCredential", exception);
        }
    }
}
