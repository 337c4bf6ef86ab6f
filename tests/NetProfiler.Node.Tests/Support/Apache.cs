namespace NetProfiler.Node.Tests.Support;

/// <summary>The configuration of an Apache (event MPM) that answers as the servers of Programs do, out of files.</summary>
internal static class Apache
{
    private const string Modules = "/usr/lib/apache2/modules";

    /// <param name="tls">Speaks TLS, with cert.pem and key.pem of the folder.</param>
    public static string[] Command(TemporaryFolder folder, int port, bool tls = false)
    {
        Directory.CreateDirectory(folder.File("www"));
        File.WriteAllText(folder.File("www/small"), "hello\n");
        File.WriteAllText(folder.File("www/echo"), "not an echo\n");
        File.WriteAllText(folder.File("www/large"), new string('x', 200_000));
        File.WriteAllText(folder.File("www/chunked"), string.Join('\n', Enumerable.Range(0, 20_000).Select(i => i * 7919 % 65536)));
        File.WriteAllText(folder.File("apache.conf"), $"""
            ServerRoot {folder.Path}
            PidFile {folder.File("pid")}
            ServerName test
            Listen 127.0.0.1:{port}
            LoadModule mpm_event_module {Modules}/mod_mpm_event.so
            LoadModule authz_core_module {Modules}/mod_authz_core.so
            LoadModule alias_module {Modules}/mod_alias.so
            LoadModule filter_module {Modules}/mod_filter.so
            LoadModule deflate_module {Modules}/mod_deflate.so
            StartServers 2
            ThreadsPerChild 8
            MaxKeepAliveRequests 0
            KeepAliveTimeout 60
            DocumentRoot {folder.File("www")}
            ErrorLog {folder.File("error.log")}
            DefaultRuntimeDir {folder.Path}
            # After a 500 it would close the connection.
            Redirect 502 /fail
            <Location /chunked>
              SetOutputFilter DEFLATE
            </Location>
            {(tls ? Tls(folder) : "")}

            """);
        return ["apache2", "-D", "FOREGROUND", "-f", folder.File("apache.conf")];
    }

    private static string Tls(TemporaryFolder folder) => $"""
        LoadModule socache_shmcb_module {Modules}/mod_socache_shmcb.so
        LoadModule ssl_module {Modules}/mod_ssl.so
        StartServers 1
        ThreadsPerChild 64
        MinSpareThreads 1
        MaxSpareThreads 300
        SSLEngine on
        SSLCertificateFile {folder.File("cert.pem")}
        SSLCertificateKeyFile {folder.File("key.pem")}
        """;
}
